export { createPaint, wantsColor, type Style, type Paint } from '../../report/text/color.ts';

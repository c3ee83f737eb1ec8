export { textWidth, clip, pad } from '../../report/text/width.ts';

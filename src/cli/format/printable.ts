export { printable } from '../../report/text/printable.ts';

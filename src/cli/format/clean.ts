export { clean, cleanLine } from '../../report/text/clean.ts';

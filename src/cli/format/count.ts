export { formatCount } from '../../report/text/count.ts';

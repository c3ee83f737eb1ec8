export { formatBytes, formatRate } from '../../report/text/bytes.ts';

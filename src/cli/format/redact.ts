export { redact } from '../../report/text/redact.ts';

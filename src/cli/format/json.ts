export { formatJson, escapeControls } from '../../report/text/json.ts';

export { formatTable, formatFacts, type Column, type TextOptions } from '../../report/text/table.ts';

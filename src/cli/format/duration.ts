export { formatDuration, formatSeconds, formatAge } from '../../report/text/duration.ts';

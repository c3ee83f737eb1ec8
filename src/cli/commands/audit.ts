/** `decant audit` */
import { auditImage } from '../../audit/audit.ts';
import { auditJson, formatAudit } from '../format/audit.ts';
import { withImage } from '../image-input.ts';
import { print, textOptions } from '../io.ts';

interface Flags {
  readonly format: 'text' | 'json';
  readonly all?: boolean;
  readonly platform?: string;
}

export async function command(name: string, flags: Flags): Promise<number> {
  const audit = await withImage(name, flags.platform, (image, { signal }) => auditImage(image, { signal }));
  print(
    flags.format === 'json'
      ? auditJson(audit)
      : formatAudit(audit, { ...textOptions(), all: flags.all ?? false }),
  );
  return 0;
}

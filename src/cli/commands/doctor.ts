/** `decant doctor` */
import { diagnose } from '../../sandbox/doctor.ts';
import { doctorJson, formatDoctor } from '../format/reports.ts';
import { print, textOptions } from '../io.ts';

export async function command(flags: { readonly format: 'text' | 'json' }): Promise<number> {
  const checks = (await diagnose()).map(({ ok, ...finding }) => ({
    ...finding,
    status: ok ? ('ok' as const) : ('failed' as const),
  }));
  print(flags.format === 'json' ? doctorJson(checks) : formatDoctor(checks, textOptions()));
  return checks.every(({ status }) => status === 'ok') ? 0 : 5;
}

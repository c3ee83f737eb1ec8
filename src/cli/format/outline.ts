/** What `decant build --call outline` and `--call targets` answer. The JSON has the shape that buildx gives it. */
import type { LineRange } from '../../dockerfile/ast.ts';
import type { Outline, OutlineSecret, Target } from '../../dockerfile/outline.ts';
import { formatJson } from '../../report/text/json.ts';
import { formatFacts, formatTable, type TextOptions } from '../../report/text/table.ts';

export function formatOutline(outline: Outline, options: TextOptions): string {
  const { name, description, args, secrets, ssh } = outline;
  const secretTable = (title: string, list: readonly OutlineSecret[]): string =>
    formatTable(
      [{ title }, { title: 'REQUIRED' }],
      list.map((each) => [each.name, each.required ? 'true' : '']),
      options,
    );
  const argumentTable = formatTable(
    [{ title: 'BUILD ARG' }, { title: 'VALUE', least: 10 }, { title: 'DESCRIPTION', least: 10 }],
    args.map((each) => [each.name, each.value ?? '', each.description ?? '']),
    options,
  );
  const heading = formatFacts(
    [
      ['target', name ?? (description && '(default)')],
      ['description', description],
    ],
    options,
  );
  const blocks = [
    heading,
    args.length > 0 ? argumentTable : '',
    secrets.length > 0 ? secretTable('SECRET', secrets) : '',
    ssh.length > 0 ? secretTable('SSH', ssh) : '',
  ].filter((block) => block !== '');
  return blocks.length > 0
    ? blocks.join('\n\n')
    : 'the target takes no build arguments, secrets or ssh agents';
}

export function outlineJson(outline: Outline, source: string): string {
  const { name, description, args, secrets, ssh } = outline;
  const secretList = (list: readonly OutlineSecret[]): object | undefined =>
    list.length === 0
      ? undefined
      : list.map(({ name: of, required, lines }) => {
          return { name: of, required: required || undefined, location: location(lines) };
        });
  return formatJson({
    name,
    description,
    args:
      args.length === 0
        ? undefined
        : args.map(({ name: of, value, description: about, lines }) => {
            return { name: of, description: about, value: value || undefined, location: location(lines) };
          }),
    secrets: secretList(secrets),
    ssh: secretList(ssh),
    sources: [base64(source)],
  });
}

export function formatTargets(targets: readonly Target[], options: TextOptions): string {
  const rows = targets.map((target, index) => {
    const name = target.name ?? (target.default ? '' : String(index));
    return [
      [name, target.default ? '(default)' : ''].filter(Boolean).join(' '),
      target.base,
      target.description ?? '',
    ];
  });
  const columns = [{ title: 'TARGET' }, { title: 'BASE', least: 10 }, { title: 'DESCRIPTION', least: 10 }];
  return formatTable(columns, rows, options);
}

export function targetsJson(targets: readonly Target[], source: string): string {
  return formatJson({
    targets: targets.map(({ name, default: isDefault, description, base, platform, lines }) => {
      return {
        name,
        default: isDefault || undefined,
        description,
        base,
        platform,
        location: location(lines),
      };
    }),
    sources: [base64(source)],
  });
}

function location({ start, end }: LineRange): object {
  return { ranges: [{ start: { line: start }, end: { line: end } }] };
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

/** Secrets in files of every layer, in variables, labels and the history. */
import type { ImageConfig } from '../../oci/config.ts';
import type { FileEntry } from '../../tree/entry.ts';
import type { Tree } from '../../tree/tree.ts';
import type { AuditLayer } from '../read/image.ts';
import type { FoundToken } from '../read/read-layers.ts';
import { fileSecrets, isCredentialsPath } from '../secrets/files.ts';
import { isSecretSetting, passwordsInAddresses } from '../secrets/names.ts';
import { masked, TOKEN_RULES } from '../secrets/tokens.ts';
import type { Finding, State } from '../types.ts';
import { found } from './found.ts';

export interface SecretsInput {
  readonly tree: Tree;
  readonly layers: readonly AuditLayer[];
  readonly tokens: readonly FoundToken[];
  readonly contents: ReadonlyMap<FileEntry, Uint8Array>;
}

/** Keys that come with software, for its tests and descriptions. */
const SAMPLES =
  /(?:^|\/)(?:tests?|testdata|testing|test[-_]\w+|fixtures?|examples?|samples?|demos?|docs?|spec|specs|__tests__|mocks?)\//i;
/** Keys that a system library tests itself with are in it, for everyone. */
const SYSTEM_LIBRARY = /^(?:usr\/)?lib(?:64)?\/(?:[^/]+\/)?[^/]+\.so(?:\.[\d.]+)?$/;
const SOFTWARE =
  /^(?:usr\/(?:lib|share|src|include|local\/(?:lib|share|go|include))|opt|lib)\/|(?:^|\/)(?:node_modules|site-packages|dist-packages|vendor|pkg\/mod|\.cargo\/registry|gems)\//;

export function fileSecretFindings({ tree, layers, tokens, contents }: SecretsInput): readonly Finding[] {
  const known = new Set<string>();
  const findings: Finding[] = [];
  const place = (entry: FileEntry, index: number) => {
    const { createdBy } = layers[index] ?? {};
    return {
      path: entry.path,
      state: stateOf(tree, entry),
      layer: { index, ...(createdBy !== undefined && { createdBy }) },
    };
  };
  /** A file that was only touched again is in two layers, with one secret; the one to be seen is told of. */
  const once = (key: string, make: () => Finding): void => {
    if (known.has(key)) return;
    known.add(key);
    findings.push(make());
  };
  const first = <T extends { readonly entry: FileEntry }>(items: readonly T[]): readonly T[] =>
    items.toSorted(
      (a, b) => Number(stateOf(tree, b.entry) === 'visible') - Number(stateOf(tree, a.entry) === 'visible'),
    );
  for (const { rule, text, entry, layer } of first(tokens)) {
    const kind = isSample(entry.path) ? 'sample-secret' : 'secret';
    once(`${entry.path}\0${rule.id}\0${text}`, () =>
      found(kind, `${rule.name} in /${entry.path}: ${masked(rule, text)}`, place(entry, layer)),
    );
  }
  const named = layers.flatMap(({ layer }, index) =>
    layer.entries.flatMap((entry) =>
      entry.type === 'file' && isCredentialsPath(entry.path) ? [{ entry, index }] : [],
    ),
  );
  for (const { entry, index } of first(named)) {
    if (isSample(entry.path)) continue;
    for (const { rule, what } of fileSecrets(entry.path, contents.get(entry))) {
      once(`${entry.path}\0file`, () => found(rule, `/${entry.path}: ${what}`, place(entry, index)));
    }
  }
  return findings;
}

function isSample(path: string): boolean {
  return SYSTEM_LIBRARY.test(path) || (SAMPLES.test(path) && SOFTWARE.test(path));
}

export function stateOf(tree: Tree, entry: FileEntry): State {
  const node = tree.get(entry.path);
  if (node === entry) return 'visible';
  return node === undefined ? 'deleted' : 'replaced';
}

export function configSecretFindings({ config = {}, history = [] }: ImageConfig): readonly Finding[] {
  const findings: Finding[] = [];
  for (const assignment of config.Env ?? []) {
    const [name, value] = split(assignment);
    findings.push(...ofSetting(`variable ${name}`, name, value, 'config'));
  }
  for (const [name, value] of Object.entries(config.Labels ?? {}))
    findings.push(...ofSetting(`label ${name}`, name, value, 'config'));
  const command = [
    ...(config.Entrypoint ?? []),
    ...(config.Cmd ?? []),
    ...(config.Healthcheck?.Test ?? []),
  ].join(' ');
  findings.push(...ofText('the command', command, 'config'));
  const said = new Set(findings.map(({ message }) => message));
  for (const [index, { created_by: text = '', comment = '' }] of history.entries()) {
    const what = `step ${index + 1} of the history`;
    const settings = [...text.matchAll(/(?:^|\s)([A-Za-z_]\w*)=("[^"]*"|'[^']*'|\S+)/g)].flatMap(
      ([, name = '', value = '']) =>
        // Docker writes ENV and LABEL down too: told of already.
        /^(?:\/bin\/sh -c #\(nop\) +)?(?:ENV|LABEL)\s/.test(text) &&
        (config.Env ?? []).some((each) => each.startsWith(`${name}=`))
          ? []
          : ofSetting(`${what}: ${name}`, name, value, 'history'),
    );
    const texts = settings.some(({ rule }) => rule === 'secret')
      ? []
      : ofText(what, `${text}\n${comment}`, 'history').filter(({ message }) => !isSaid(said, message));
    findings.push(...settings, ...texts);
  }
  return findings;
}

/** The same secret, told of where it is set. */
function isSaid(said: ReadonlySet<string>, message: string): boolean {
  const fingerprint = /fingerprint \w+/.exec(message)?.[0];
  return fingerprint !== undefined && [...said].some((each) => each.includes(fingerprint));
}

function ofSetting(what: string, name: string, value: string, state: State): readonly Finding[] {
  const certain = ofText(what, value, state);
  if (certain.length > 0) return certain;
  return isSecretSetting(name, value)
    ? [found('likely-secret', `${what} has a value (${value.length} characters)`, { state })]
    : [];
}

function ofText(what: string, text: string, state: State): readonly Finding[] {
  const seen = new Set<string>();
  const findings = TOKEN_RULES.flatMap((rule) => {
    const pattern = new RegExp(rule.pattern.source, 'g');
    return [...text.matchAll(pattern)].flatMap(([match]) => {
      if (seen.has(match) || !(rule.check?.(match) ?? true)) return [];
      seen.add(match);
      return [found('secret', `${rule.name} in ${what}: ${masked(rule, match)}`, { state })];
    });
  });
  const passwords = passwordsInAddresses(text).map((password) =>
    found('secret', `password of an address in ${what} (${password.length} characters)`, { state }),
  );
  return [...findings, ...passwords];
}

function split(assignment: string): readonly [string, string] {
  const equals = assignment.indexOf('=');
  return equals < 0 ? [assignment, ''] : [assignment.slice(0, equals), assignment.slice(equals + 1)];
}

/** What belongs to the development and not to the application: repositories, source, headers, caches. */
import type { ImageConfig } from '../../oci/config.ts';
import type { Node } from '../../tree/entry.ts';
import { parentOf } from '../../tree/path.ts';
import type { Finding } from '../types.ts';
import { found } from './found.ts';

const REPOSITORY = /(?:^|\/)(?:\.git|\.hg|\.svn|\.bzr|CVS)$/;
/** Languages whose programs do not need their source to run. */
const SOURCE = /\.(?:go|rs|c|cc|cpp|cxx|java|kt|scala|cs|fs|swift|zig|hs|ml|d|nim|cr|f90|pas|vb|adb)$/;
/** Source of libraries and compilers: it came with them. */
const NOT_OWN =
  /^(?:usr|lib|opt\/(?:java|jdk)|var\/lib)\/|(?:^|\/)(?:node_modules|site-packages|dist-packages|vendor|pkg\/mod|\.cargo|\.rustup|go\/(?:src|pkg)|gems|include)\//;
const LEFTOVER =
  /(?:^|\/)(?:Dockerfile|Containerfile|docker-compose\.ya?ml|compose\.ya?ml|\.dockerignore|Makefile|Vagrantfile|Jenkinsfile|\.gitlab-ci\.yml|\.travis\.yml|\.github|\.vscode|\.idea|\.DS_Store|\.editorconfig|\.pre-commit-config\.yaml|\.terraform)$/;
const CACHE =
  /^(?:var\/lib\/apt\/lists\/[^/]+_(?:Packages|InRelease|Release)[^/]*|var\/cache\/apt\/(?:archives\/[^/]+\.deb|(?:src)?pkgcache\.bin)|var\/cache\/apk\/[^/]+\.tar\.gz|var\/cache\/(?:dnf|yum)\/[^/]+)$|(?:^|\/)(?:root|home\/[^/]+)\/\.(?:cache\/(?:pip|go-build|yarn|uv|pypoetry)|npm\/_cacache|cargo\/registry)$/;
const HEADERS = /^usr\/(?:local\/)?include$/;

export function leftoverFindings(nodes: readonly Node[]): readonly Finding[] {
  const findings: Finding[] = [];
  const sources = new Map<string, number>();
  const headers = new Map<string, number>();
  const caches: string[] = [];
  for (const { type, path } of nodes) {
    if (type === 'directory' && REPOSITORY.test(path))
      findings.push(found('repository', `/${path}`, { path }));
    if (CACHE.test(path)) caches.push(path);
    if (LEFTOVER.test(path) && !NOT_OWN.test(`${path}/`))
      findings.push(found('leftover', `/${path}`, { path }));
    if (type !== 'file') continue;
    if (SOURCE.test(path) && !NOT_OWN.test(path)) add(sources, rootOf(path));
    const above = /^usr\/(?:local\/)?include(?=\/)/.exec(path)?.[0];
    if (above !== undefined && HEADERS.test(above)) add(headers, above);
  }
  for (const [path, count] of sources)
    findings.push(
      found('source-code', `${count} ${count === 1 ? 'file' : 'files'} below /${path}`, { path }),
    );
  for (const [path, count] of headers)
    findings.push(found('headers', `${count} ${count === 1 ? 'file' : 'files'} below /${path}`, { path }));
  const [first] = caches;
  if (first !== undefined) {
    const more = caches.length > 1 ? ` and ${caches.length - 1} more` : '';
    findings.push(found('package-cache', `/${first}${more}`, { path: first }));
  }
  return findings;
}

/** A project is told by the first directory below the root, or by the first two. */
function rootOf(path: string): string {
  const parts = parentOf(path).split('/');
  return parts.slice(0, ['home', 'opt', 'srv', 'var', 'root'].includes(parts[0] ?? '') ? 2 : 1).join('/');
}

function add(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

/** What the history says of how the image was made. */
export function historyFindings({ history = [] }: ImageConfig): readonly Finding[] {
  const findings: Finding[] = [];
  for (const [index, { created_by: text = '', empty_layer: isEmpty }] of history.entries()) {
    const step = `step ${index + 1} of the history`;
    const at = { state: 'history' } as const;
    const command = text.replace(/^(?:RUN )?(?:\|\d+ .*?)?\/bin\/sh -c /, '').replace(/\s*# buildkit$/, '');
    if (/^(?:\/bin\/sh -c )?(?:#\(nop\) *)?ADD /.test(text) && index > 0 && !isEmpty)
      findings.push(found('remote-add', `${step}: ${command.slice(0, 80)}`, at));
    if (/\bapt(?:-get)?(?: -\S+)* update\b/.test(text) && !/\b(?:install|upgrade|build-dep|add)\b/.test(text))
      findings.push(found('update-alone', `${step}: ${command.slice(0, 80)}`, at));
    if (/\bapt(?:-get)?(?: -\S+)* (?:dist-|full-)upgrade\b|\bdo-release-upgrade\b/.test(text))
      findings.push(found('distribution-upgrade', `${step}: ${command.slice(0, 80)}`, at));
    if (
      /\bapk(?: -\S+)* add\b/.test(text) &&
      !/--no-cache|rm -r?f? *\/var\/cache\/apk|--mount=type=cache/.test(text)
    )
      findings.push(found('package-cache', `${step}: apk add without --no-cache`, at));
  }
  return findings;
}

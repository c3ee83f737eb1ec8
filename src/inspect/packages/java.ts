/**
 * Java archives: what Maven notes in them (META-INF/maven/…/pom.properties, one for each of a shaded jar's parts), else
 * what the manifest says (JAR File Specification, OSGi headers), else the file's own name. Jars in jars count too.
 */
import type { FileEntry } from '../../tree/entry.ts';
import { archiveMembers } from '../contents/members.ts';
import { readFile, type Reading } from './files.ts';
import type { PackageFinding } from './package.ts';

const ARCHIVE = /\.(?:jar|war|ear|par|sar|hpi|jpi)$/;
const MANIFEST = 'META-INF/MANIFEST.MF';
const POM = /^META-INF\/maven\/[^/]+\/[^/]+\/pom\.properties$/;
const MAX_BYTES = 1024 * 1024 * 1024;

export function isJavaArchive(path: string): boolean {
  return ARCHIVE.test(path);
}

export async function javaPackages(reading: Reading, file: FileEntry): Promise<readonly PackageFinding[]> {
  const bytes = await readFile(reading, file, MAX_BYTES);
  const isWanted = (path: string): boolean => {
    const { member } = inArchive(path);
    return member === MANIFEST || POM.test(member);
  };
  const archives = new Map<string, Map<string, string>>();
  for (const { path, bytes: text } of archiveMembers(bytes, file.path, isWanted, reading.warn)) {
    const { archive, member } = inArchive(path);
    const members = archives.get(archive) ?? new Map<string, string>();
    archives.set(archive, members.set(member, text.toString('utf8')));
  }
  return [...archives].flatMap(([archive, members]) => packagesOf(archive, members));
}

function inArchive(path: string): { readonly archive: string; readonly member: string } {
  const at = path.lastIndexOf('!/');
  return { archive: path.slice(0, at), member: path.slice(at + 2) };
}

function packagesOf(archive: string, members: ReadonlyMap<string, string>): readonly PackageFinding[] {
  const poms = [...members].flatMap(([member, text]) => (POM.test(member) ? pomPackage(text) : []));
  const found = poms.length > 0 ? poms : manifestPackage(archive, members.get(MANIFEST) ?? '');
  return found.map(([group, artifact, version]) => ({
    manager: 'java',
    name: group ? `${group}:${artifact}` : artifact,
    version,
    path: archive,
  }));
}

type Coordinates = readonly [group: string | undefined, artifact: string, version: string];

function pomPackage(text: string): readonly Coordinates[] {
  const value = (name: string): string | undefined =>
    new RegExp(String.raw`^${name}[ \t]*[=:][ \t]*(\S+)`, 'm').exec(text)?.[1];
  const [group, artifact, version] = [value('groupId'), value('artifactId'), value('version')];
  return artifact && version ? [[group, artifact, version]] : [];
}

/** `commons-io-2.11.0.jar`: the version begins at the first digit after a hyphen. */
const NAMED = /([^/]+?)(?:-(\d[^/]*))?\.\w+$/;

function manifestPackage(archive: string, manifest: string): readonly Coordinates[] {
  // Lines have 72 bytes at most, and go on on lines that begin with a space.
  const text = manifest.replaceAll(/\r?\n /g, '').split(/\r?\n\r?\n/, 1)[0] ?? '';
  const value = (name: string): string | undefined =>
    new RegExp(String.raw`^${name}:[ \t]*(.*\S)`, 'im').exec(text)?.[1];
  const [, byName = '', versionByName] = NAMED.exec(archive) ?? [];
  const version =
    versionByName ??
    value('Implementation-Version') ??
    value('Bundle-Version') ??
    value('Specification-Version');
  const bundle = value('Bundle-SymbolicName')?.split(';')[0]?.trim();
  const group =
    value('Implementation-Vendor-Id') ?? (bundle?.includes('.') ? groupOf(bundle, byName) : undefined);
  return byName === '' || version === undefined || /\s/.test(version) ? [] : [[group, byName, version]];
}

/** Most bundles are called by group and artifact, `org.apache.commons.io`, or by the group alone. */
function groupOf(bundle: string, artifact: string): string {
  const last = bundle.lastIndexOf('.');
  return artifact.endsWith(bundle.slice(last + 1)) ? bundle.slice(0, last) : bundle;
}

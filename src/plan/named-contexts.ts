/**
 * Named contexts: which names they take, for which platforms, and what they are as operations (BuildKit: "Named contexts",
 * and dockerui/config.go for the platform behind a name).
 */
import { DecantError } from '../errors.ts';
import { formatPlatform, normalizePlatform } from '../oci/platform.ts';
import type { Platform } from '../oci/platform.ts';
import { familiar, parseImageName } from '../oci/reference.ts';
import type { Graph } from './graph.ts';
import type { Operation, RemoteSource } from './operation.ts';
import type { NamedContext } from './plan.ts';
import type { Place } from '../errors.ts';

/** Names of an image are one name: `alpine`, `alpine:latest` and `docker.io/library/alpine`. */
export function contextName(text: string): string {
  const name = text.toLowerCase();
  try {
    return familiar(parseImageName(name)).replace(/:latest$/, '');
  } catch (error) {
    if (error instanceof DecantError) return name;
    throw error;
  }
}

/** The name of a context that is there for one platform alone: `NAME::linux/arm64`. */
export function contextKey(name: string, platform: Platform): string {
  return `${contextName(name)}::${formatPlatform(normalizePlatform(platform))}`;
}

/** The context of a name: the one for this platform, else the one for all. */
export function findContext(
  contexts: ReadonlyMap<string, NamedContext> | undefined,
  name: string,
  platform: Platform,
): { readonly name: string; readonly context: NamedContext } | undefined {
  if (contexts === undefined || contexts.size === 0) return undefined;
  for (const key of [contextKey(name, platform), contextName(name)]) {
    const context = contexts.get(key);
    if (context) return { name: key, context };
  }
  return undefined;
}

/** What was meant by a name that is no stage and of no image, where it is one of a context. */
export function contextHint(
  contexts: ReadonlyMap<string, NamedContext> | undefined,
  name: string,
  platform: Platform,
): string | undefined {
  if (name === 'context')
    return 'the build context has no name: COPY without --from takes from it, and a mount without from=';
  const start = `${contextName(name)}::`;
  const platforms = [...(contexts?.keys() ?? [])].flatMap((key) =>
    key.startsWith(start) ? key.slice(start.length) : [],
  );
  if (platforms.length === 0) return undefined;
  return `the context ${name} is there for ${platforms.join(', ')} alone; give --build-context ${contextKey(name, platform)}=…, or one without a platform`;
}

/** The files of a context that is no image. */
export function contextFiles(
  graph: Graph,
  name: string,
  context: NamedContext & { readonly type: 'files' | 'remote' },
  place: Place,
): Operation {
  return context.type === 'files' ? graph.context(name) : remoteFiles(graph, context.source, place);
}

/** The same as a file system to stand on: everything copied onto nothing. */
export function contextRoot(
  graph: Graph,
  name: string,
  context: NamedContext & { readonly type: 'files' | 'remote' },
  place: Place,
): Operation {
  if (context.type === 'remote') return remoteFiles(graph, context.source, place);
  return allOf(graph, graph.context(name), place);
}

function remoteFiles(graph: Graph, source: RemoteSource, place: Place): Operation {
  return allOf(graph, graph.remote(source, place), place);
}

function allOf(graph: Graph, from: Operation, place: Place): Operation {
  // An archive at a URL stands for what is in it; everything else is as it is.
  const isArchive = from.kind === 'source' && from.source.type === 'http';
  const pattern = isArchive ? '*' : '/';
  const action = {
    type: 'copy',
    sources: [{ type: 'path', from, pattern }],
    destination: '/',
    exclude: [],
    unpack: isArchive,
  } as const;
  return graph.file({ input: graph.scratch(), action }, place);
}

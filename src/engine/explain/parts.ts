/** The definition of an operation as named parts that people know from the Dockerfile. */
import type { ExecOperation, FileOperation } from '../../plan/operation.ts';

export function execParts({
  args,
  env,
  cwd,
  user,
  network,
  security,
  mounts,
}: ExecOperation): Record<string, string> {
  const variables = Object.entries(env).map(([name, value]) => [`variable ${name}`, value]);
  const flags = mounts.map((mount, index) => {
    const { type, target = '' } = mount;
    return [`mount ${index + 1}`, `type=${type},target=${target}`];
  });
  return Object.fromEntries([
    ['the command', args.join(' ')],
    ['the working directory', cwd],
    ['the user', user === '' ? 'root' : user],
    ['the network', network],
    ['security', security],
    ...variables,
    ...flags,
  ]) as Record<string, string>;
}

export function fileParts({ action }: FileOperation): Record<string, string> {
  if (action.type === 'mkdir') return { 'the directory': action.path, 'the owner': action.owner };
  const { destination, owner = '', chmod = '', sources } = action;
  const inline = sources.flatMap((source) =>
    source.type === 'inline' ? [[`the heredoc ${source.name}`, source.text]] : [],
  );
  return Object.fromEntries([
    ['the destination', destination],
    ['--chown', owner],
    ['--chmod', chmod],
    [
      'the sources',
      sources.map((source) => (source.type === 'inline' ? `<<${source.name}` : source.pattern)).join(' '),
    ],
    ...inline,
  ]) as Record<string, string>;
}

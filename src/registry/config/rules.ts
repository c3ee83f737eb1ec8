/**
 * Rules about registries: of all whose prefix fits, the longest counts (containers-registries.conf(5), "Remapping and
 * mirroring registries"). Both kinds of files become these.
 */
import { DecantError } from '../../errors.ts';
import type { HostSettings, Place, Registries, Repository } from './registries.ts';
import { placeAt, repositoryName } from './registries.ts';

export interface Rule extends HostSettings {
  /** `docker.io`, `ghcr.io/team`, `*.example.com`. */
  readonly prefix: string;
  /** What the prefix is replaced by; itself without. */
  readonly location?: string | undefined;
  readonly blocked?: boolean | undefined;
  readonly mirrors: readonly Mirror[];
}

export interface Mirror {
  /** What the prefix is replaced by. */
  readonly location: string;
  readonly insecure?: boolean | undefined;
}

/** @param certificates What is kept for a host elsewhere on this machine. */
export function registriesOf(
  rules: readonly Rule[],
  certificates: (host: string) => HostSettings = () => ({}),
): Registries {
  const ruleFor = (repository: Repository): Rule | undefined => {
    const name = repositoryName(repository);
    const fitting = rules.filter(({ prefix }) => prefixIn(name, repository.domain, prefix) !== undefined);
    return fitting.toSorted((a, b) => b.prefix.length - a.prefix.length)[0];
  };
  const ownPlace = (repository: Repository): Place => {
    const rule = ruleFor(repository);
    if (rule?.blocked) {
      throw new DecantError(
        'REGISTRY_DENIED',
        `${repositoryName(repository)} is blocked by this machine's settings`,
        {
          hint: `the rule for ${rule.prefix} in registries.yaml or registries.conf says so`,
        },
      );
    }
    return rule?.location === undefined
      ? placeAt(repository.domain, repository.path)
      : moved(repository, rule.prefix, rule.location);
  };
  const insecure = new Set(
    rules.flatMap(({ prefix, location = prefix, insecure, mirrors }) => [
      ...(insecure ? [hostOf(location)] : []),
      ...mirrors.flatMap((mirror) => (mirror.insecure ? [hostOf(mirror.location)] : [])),
    ]),
  );
  return {
    ownPlace,
    placesOf: (repository) => {
      const own = ownPlace(repository);
      const rule = ruleFor(repository);
      return [
        ...(rule?.mirrors ?? []).map(({ location }) => moved(repository, rule?.prefix ?? '', location)),
        own,
      ];
    },
    settingsOf: (host) => {
      const own = rules.find(({ prefix, location = prefix }) => hostOf(location) === host);
      const { ca, cert, key } = certificates(host);
      return {
        insecure: insecure.has(host),
        ca: [...(own?.ca ?? []), ...(ca ?? [])],
        cert: own?.cert ?? cert,
        key: own?.cert === undefined ? key : own.key,
      };
    },
  };
}

/** The part of the name that the prefix stands for; undefined when it does not fit. */
function prefixIn(name: string, domain: string, prefix: string): string | undefined {
  if (prefix.startsWith('*.')) return domain.endsWith(prefix.slice(1)) ? domain : undefined;
  return name === prefix || name.startsWith(`${prefix}/`) ? prefix : undefined;
}

function moved(repository: Repository, prefix: string, location: string): Place {
  const name = repositoryName(repository);
  const rest = name.slice((prefixIn(name, repository.domain, prefix) ?? '').length);
  const [domain = '', ...path] = `${location}${rest}`.split('/');
  return placeAt(domain, path.join('/'));
}

function hostOf(location: string): string {
  return placeAt(location.split('/', 1)[0] ?? '', '').host;
}

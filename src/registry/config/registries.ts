/** Where the repositories of a registry are to be had: by its own name, rewritten, by way of mirrors. */

/** A repository as people name it: `docker.io`, `library/debian`. */
export interface Repository {
  readonly domain: string;
  readonly path: string;
}

/** How a server is spoken to. */
export interface HostSettings {
  /** HTTP, and certificates of anyone, will do. */
  readonly insecure?: boolean | undefined;
  /** Paths of PEM files. */
  readonly ca?: readonly string[] | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
}

/** A repository as a server knows it. */
export interface Place {
  /** Host, with its port: `registry-1.docker.io`. Credentials are looked up by `domain`. */
  readonly host: string;
  readonly domain: string;
  readonly path: string;
}

export interface Registries {
  /** Where to pull from, in this order: mirrors first, the registry itself last. */
  readonly placesOf: (repository: Repository) => readonly Place[];
  /** Where to push to. */
  readonly ownPlace: (repository: Repository) => Place;
  readonly settingsOf: (host: string) => HostSettings;
}

const DOCKER_HUB = 'docker.io';
const DOCKER_HUB_HOST = 'registry-1.docker.io';

/** Every registry under its own name, and nothing else. */
export const PLAIN_REGISTRIES: Registries = {
  placesOf: (repository) => [placeAt(repository.domain, repository.path)],
  ownPlace: (repository) => placeAt(repository.domain, repository.path),
  settingsOf: () => ({}),
};

/** The place of a repository at a registry; Docker Hub's server has another name than what it serves. */
export function placeAt(domain: string, path: string): Place {
  return { host: domain === DOCKER_HUB ? DOCKER_HUB_HOST : domain, domain, path };
}

/** `docker.io/library/debian` */
export function repositoryName({ domain, path }: Repository): string {
  return `${domain}/${path}`;
}

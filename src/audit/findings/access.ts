/** Ways in and ways to stay: accounts, sudo, keys that may log in, jobs that run by themselves (passwd(5), shadow(5)). */
import type { ContainerConfig } from '../../oci/config.ts';
import type { Node } from '../../tree/entry.ts';
import type { Finding } from '../types.ts';
import { found } from './found.ts';

export type ReadText = (path: string) => string | undefined;

const SUDOERS = /^(?:usr\/local\/)?etc\/sudoers(?:\.d\/[^/]+)?$/;
const AUTHORIZED_KEYS = /(?:^|\/)\.ssh\/authorized_keys2?$|^etc\/ssh\/authorized_keys/;
const JOBS =
  /^(?:etc\/cron\.(?:d|hourly|daily|weekly|monthly)\/[^/.][^/]*|etc\/crontab|var\/spool\/(?:cron|at)\/.+|etc\/crontabs\/[^/]+|etc\/systemd\/system\/[^/]+\.timer)$/;

/** Whether the content of a file is wanted, by its path. */
export function isAccessPath(path: string): boolean {
  return (
    ['etc/passwd', 'etc/group', 'etc/shadow'].includes(path) ||
    SUDOERS.test(path) ||
    AUTHORIZED_KEYS.test(path)
  );
}

export function accessFindings(nodes: readonly Node[], text: ReadText): readonly Finding[] {
  const findings = [...accounts(text)];
  for (const { type, path } of nodes) {
    if (type !== 'file') continue;
    if (SUDOERS.test(path)) {
      const rule = lines(text(path)).find((line) => /NOPASSWD\s*:/.test(line));
      if (rule !== undefined)
        findings.push(found('sudo-without-password', `/${path}: ${rule.trim().slice(0, 80)}`, { path }));
    } else if (AUTHORIZED_KEYS.test(path)) {
      const count = lines(text(path)).length;
      if (count > 0) findings.push(found('authorized-keys', `/${path} has ${count} of them`, { path }));
    } else if (JOBS.test(path)) findings.push(found('scheduled-job', `/${path}`, { path }));
  }
  return findings;
}

function accounts(text: ReadText): readonly Finding[] {
  const findings: Finding[] = [];
  const passwd = lines(text('etc/passwd')).map((line) => line.split(':'));
  const shadow = lines(text('etc/shadow')).map((line) => line.split(':'));
  const isShadowed = new Set(shadow.map(([name]) => name));
  for (const [name = '', password, uid] of passwd) {
    const path = 'etc/passwd';
    if (password === '' && !isShadowed.has(name)) findings.push(found('empty-password', name, { path }));
    else if (/^\$|^[./A-Za-z0-9]{13}$/.test(password ?? ''))
      findings.push(found('password-hash', name, { path }));
    if (uid === '0' && name !== 'root') findings.push(found('second-root', name, { path }));
  }
  for (const [name = '', password = '*'] of shadow) {
    const path = 'etc/shadow';
    if (password === '') findings.push(found('empty-password', name, { path }));
    else if (password.startsWith('$') || /^[./A-Za-z0-9]{13}$/.test(password))
      findings.push(found('password-hash', name, { path }));
  }
  return findings;
}

function lines(text: string | undefined): readonly string[] {
  return (text ?? '').split('\n').filter((line) => line.trim() !== '' && !line.startsWith('#'));
}

/** Volumes and ports that the config declares. */
export function configFindings(config: ContainerConfig): readonly Finding[] {
  const findings: Finding[] = [];
  for (const volume of Object.keys(config.Volumes ?? {})) {
    if (/(?:docker|containerd|crio|podman)\.sock$/.test(volume))
      findings.push(found('docker-socket', volume, { state: 'config' }));
    else if (
      /^\/(?:sys|proc|dev|boot|etc|lib|usr|bin|sbin)?(?:\/|$)/.test(volume) &&
      !/^\/(?:etc|usr|lib)\/./.test(volume)
    )
      findings.push(found('sensitive-volume', volume, { state: 'config' }));
  }
  for (const port of Object.keys(config.ExposedPorts ?? {})) {
    if (Number.parseInt(port, 10) < 1024) findings.push(found('low-port', port, { state: 'config' }));
  }
  if (!config.Healthcheck?.Test || config.Healthcheck.Test[0] === 'NONE')
    findings.push(found('no-healthcheck', 'the image has no HEALTHCHECK', { state: 'config' }));
  return findings;
}

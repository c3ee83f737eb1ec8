/**
 * The checks of images that people know by their numbers: section 4 of the CIS Docker Benchmark as dockle numbers it
 * (CIS-DI), and dockle's own for Dockerfiles and Linux (DKL-DI, DKL-LI). Each is answered from what the audit found.
 */
import type { Check, Finding } from './types.ts';

interface CheckRow {
  readonly id: string;
  readonly title: string;
  /** Rules whose findings fail it; undefined where an image alone cannot tell. */
  readonly rules?: readonly string[];
  readonly only?: (finding: Finding) => boolean;
  /** What to do instead, where an image alone cannot tell. */
  readonly instead?: string;
}

const CHECKS: readonly CheckRow[] = [
  { id: 'CIS-DI-0001', title: 'Create a user for the container', rules: ['root-user'] },
  {
    id: 'CIS-DI-0002',
    title: 'Use trusted base images',
    instead: 'pin the base by its digest, and verify who signed it',
  },
  {
    id: 'CIS-DI-0003',
    title: 'Do not install unnecessary packages',
    rules: ['package-manager', 'compiler', 'debugger', 'remote', 'headers'],
  },
  { id: 'CIS-DI-0004', title: 'Scan and rebuild images', instead: '`decant scan` looks for vulnerabilities' },
  { id: 'CIS-DI-0005', title: 'Enable content trust', instead: 'it is a setting of the machine that pulls' },
  { id: 'CIS-DI-0006', title: 'Add HEALTHCHECK', rules: ['no-healthcheck'] },
  { id: 'CIS-DI-0007', title: 'Do not use update instructions alone', rules: ['update-alone'] },
  { id: 'CIS-DI-0008', title: 'Remove setuid and setgid permissions', rules: ['setuid', 'setgid'] },
  { id: 'CIS-DI-0009', title: 'Use COPY instead of ADD', rules: ['remote-add'] },
  {
    id: 'CIS-DI-0010',
    title: 'Do not store secrets in images',
    rules: ['secret', 'likely-secret', 'credentials-file', 'keystore', 'shell-history'],
  },
  {
    id: 'CIS-DI-0011',
    title: 'Install verified packages only',
    instead: 'package managers verify while the image is built',
  },
  {
    id: 'DKL-DI-0001',
    title: 'Avoid sudo',
    rules: ['privilege', 'sudo-without-password'],
    only: ({ rule, program }) => rule !== 'privilege' || program?.name === 'sudo',
  },
  {
    id: 'DKL-DI-0002',
    title: 'Mount no sensitive directories',
    rules: ['sensitive-volume', 'docker-socket'],
  },
  { id: 'DKL-DI-0003', title: 'Avoid apt-get dist-upgrade', rules: ['distribution-upgrade'] },
  {
    id: 'DKL-DI-0004',
    title: 'Use apk add with --no-cache',
    rules: ['package-cache'],
    only: ({ message }) => message.includes('apk'),
  },
  {
    id: 'DKL-DI-0005',
    title: 'Clear the caches of apt-get',
    rules: ['package-cache'],
    only: ({ message }) => message.includes('/apt/'),
  },
  {
    id: 'DKL-DI-0006',
    title: 'Avoid the tag latest',
    instead: 'a name is not a part of an image; deploy by digest',
  },
  { id: 'DKL-LI-0001', title: 'Avoid empty passwords', rules: ['empty-password'] },
  { id: 'DKL-LI-0002', title: 'Numbers of users are unique', rules: ['second-root'] },
  {
    id: 'DKL-LI-0003',
    title: 'Only put necessary files',
    rules: ['repository', 'leftover', 'package-cache'],
  },
];

export function checksOf(findings: readonly Finding[]): readonly Check[] {
  return CHECKS.map(({ id, title, rules, only = () => true, instead = '' }) => {
    if (!rules) return { id, title, outcome: 'not-decidable' as const, detail: instead };
    const failing = findings.filter((finding) => rules.includes(finding.rule) && only(finding));
    const [first] = failing;
    if (!first) return { id, title, outcome: 'pass' as const, detail: '' };
    const more = failing.length > 1 ? ` (and ${failing.length - 1} more)` : '';
    return { id, title, outcome: 'fail' as const, detail: `${first.message}${more}` };
  });
}

import { expect, test } from 'vitest';
import { wantedAttestations } from './attest-flags.ts';
import type { AttestFlags } from './attest-flags.ts';

const flags: readonly (readonly [AttestFlags, object])[] = [
  [{}, {}],
  [{ provenance: 'true' }, { provenance: { mode: 'max', fileName: 'provenance.json' } }],
  [{ provenance: 'false' }, {}],
  [{ provenance: 'mode=min,builder-id=https://b' }, { provenance: { mode: 'min', builderId: 'https://b' } }],
  [{ attest: ['type=provenance,reproducible=1'] }, { provenance: { reproducible: true } }],
  [{ attest: ['type=provenance', 'type=provenance,disabled=true'] }, {}],
  [{ attest: ['type=provenance'], provenance: 'false' }, {}],
  [{ sbom: '1' }, { sbom: { fileName: 'sbom.spdx.json', inlineOnly: false } }],
  [
    { attest: ['type=sbom,filename=packages.json,inline-only=true'] },
    { sbom: { fileName: 'packages.json', inlineOnly: true } },
  ],
];
test.each(flags)('%j', (given, expected) => {
  const wanted = wantedAttestations(given);
  expect(wanted).toMatchObject(expected);
  expect(Object.keys(wanted)).toEqual(Object.keys(expected));
});

const refused: readonly (readonly [AttestFlags, string])[] = [
  [{ provenance: 'mode=all' }, 'mode is min or max, not "all"'],
  [{ provenance: 'version=v0.2' }, 'in version v1, not "v0.2"'],
  [{ provenance: 'mod=min' }, '"mod" is not known for provenance; did you mean'],
  [{ provenance: 'yes' }, '"yes" is not KEY=VALUE'],
  [{ sbom: 'generator=some/image' }, 'no generator is run'],
  [{ attest: ['mode=min'] }, 'it has no type'],
  [{ attest: ['type=vex'] }, 'there is no type "vex"'],
  [{ attest: ['type=sbom,filename=../x'] }, '"../x" is not the name of a file'],
];
test.each(refused)('%j is refused: %s', (given, message) => {
  expect(() => wantedAttestations(given)).toThrow(message);
});

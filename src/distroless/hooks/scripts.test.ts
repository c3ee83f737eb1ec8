import { describe, expect, test } from 'vitest';
import { checkScripts, isGenerated } from './scripts.ts';

function deb(name: string, ...scripts: readonly (readonly [string, string])[]) {
  return { name, scripts: new Map(scripts) };
}

const SOMETHING = '#!/bin/sh\nset -e\nuseradd app\n';

describe('a package passes', () => {
  test.each([
    ['without scripts', deb('data')],
    ['with scripts for its removal only', deb('x', ['prerm', SOMETHING], ['postrm', SOMETHING])],
    ['that was read', deb('ca-certificates', ['postinst', SOMETHING], ['config', SOMETHING])],
    ['of a family that was read', deb('libpython3.13-minimal', ['postinst', SOMETHING])],
    ['that only debhelper wrote for', deb('x', ['postinst', '#!/bin/sh\nset -e\n'])],
  ])('%s', (_, one) => {
    expect(() => checkScripts([one])).not.toThrow();
  });

  test('that the recipe allows, for its reason', () => {
    expect(
      checkScripts([deb('x', ['postinst', SOMETHING])], [{ name: 'x', reason: 'makes a user' }]),
    ).toEqual([{ package: 'x', scripts: ['postinst'], reason: 'makes a user', hooks: [] }]);
  });

  test('with the hooks that do its work', () => {
    const [decision] = checkScripts([deb('ca-certificates-java', ['postinst', SOMETHING])]);
    expect(decision).toMatchObject({ package: 'ca-certificates-java', hooks: ['java-keystore'] });
  });
});

describe('a package is refused', () => {
  test('with a script that nobody read, by its name', () => {
    expect(() =>
      checkScripts([
        deb('x', ['postinst', SOMETHING]),
        deb('y', ['preinst', SOMETHING], ['postinst', SOMETHING]),
      ]),
    ).toThrow(
      expect.objectContaining({
        code: 'PACKAGE_SCRIPT_UNKNOWN',
        message: expect.stringContaining('the postinst of "x", the preinst and postinst of "y"'),
      }),
    );
  });

  test.each([
    ['of a similar name', deb('ca-certificates-extra', ['postinst', SOMETHING])],
    ['that was read, but had no such script then', deb('netbase', ['preinst', SOMETHING])],
    ['that another is allowed for', deb('libx', ['postinst', SOMETHING])],
  ])('%s', (_, one) => {
    expect(() => checkScripts([one], [{ name: 'x', reason: '' }])).toThrow(/maintainer scripts/);
  });
});

const SYSTEMD = `# Automatically added by dh_installsystemd/13.11.4
if [ "$1" = "configure" ]; then
	deb-systemd-invoke start 'x.service' >/dev/null || true
fi
# End automatically added section
`;
const USERS = SYSTEMD.replace('dh_installsystemd', 'dh_installsysusers');

describe('nothing of its own has a script', () => {
  test.each([
    ['that ends at once', '#!/bin/sh\nset -e\nexit 0\n'],
    ['with parts of debhelper', `#!/bin/sh\nset -e\n${SYSTEMD}\n${SYSTEMD}exit 0\n`],
    [
      'with branches that are empty',
      '#!/bin/sh\nset -e\ncase "$1" in\n  configure)\n  ;;\n  abort-upgrade|abort-remove)\n  ;;\n  *)\n    echo "unknown argument" >&2\n    exit 1\n  ;;\nesac\n',
    ],
  ])('%s', (_, script) => {
    expect(isGenerated(script)).toBe(true);
  });
});

describe('something of its own has a script', () => {
  test.each([
    ['with a command', SOMETHING],
    ['with a part that makes users', `#!/bin/sh\n${USERS}`],
    ['with a command after a part', `#!/bin/sh\n${SYSTEMD}ldconfig\n`],
    ['whose part does not end', SYSTEMD.replace('# End automatically added section\n', '')],
    ['with a command in a branch', '#!/bin/sh\ncase "$1" in\n configure)\n  adduser x\n ;;\nesac\n'],
    [
      'with a command in what is printed',
      '#!/bin/sh\ncase "$1" in\n configure)\n  echo "$(touch /x)"\n ;;\nesac\n',
    ],
    ['with a part in a part', `# Automatically added by dh_installinit/1\n${SYSTEMD}`],
  ])('%s', (_, script) => {
    expect(isGenerated(script)).toBe(false);
  });
});

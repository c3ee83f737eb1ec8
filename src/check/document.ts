/** docs/checks.md, made of the rules themselves. */
import type { Rule } from '../dockerfile/lint/rule.ts';

export function checksDocument(rules: readonly Rule[]): string {
  const sections = (origin: Rule['origin']): string =>
    rules
      .filter((rule) => rule.origin === origin)
      .map(section)
      .join('\n');
  const row = ({ name, level, description, experimental }: Rule): string =>
    `| [${name}](#${name.toLowerCase()}) | ${level}${experimental ? ', experimental' : ''} | ${cell(description)} |`;
  return [
    INTRODUCTION,
    '| check | level | what it says |',
    '|---|---|---|',
    ...rules.map(row),
    '',
    "## BuildKit's checks",
    '',
    'Names, messages and lines are those of BuildKit as of Dockerfile 1.26.',
    '',
    sections('buildkit'),
    "## decant's own checks",
    '',
    'For images that are to hold the application and nothing else. What is not known for sure of a base image is not',
    'reported: `decant pull` or `decant load` brings it into the store, where it can be looked at.',
    '',
    sections('decant'),
  ].join('\n');
}

const INTRODUCTION = `# Checks

<!-- Made of the rules in src/dockerfile/lint/rules.ts and src/check/rules.ts: \`npx vitest run --project unit -u src/check\` -->

| command | which checks | status 1 |
|---|---|---|
| \`decant check\` | all | from \`--fail-on\` on: \`warning\` without it |
| \`decant build --check\` | BuildKit's, and decant's of level \`error\` | anything found |
| \`decant build\` | BuildKit's, of the stages that are built | \`error=true\` |

An \`error\` keeps the image from working. A \`warning\` should be mended. A \`note\` tells what could be better.

A directive at the top of the Dockerfile leaves checks out, for its whole length or, in a comment, for the instruction
below it:

\`\`\`dockerfile
# check=skip=JSONArgsRecommended,UnpinnedBase;error=true
FROM alpine
# check=skip=SecretsUsedInArgOrEnv
ARG TOKEN_KEY
\`\`\`

| option | meaning |
|---|---|
| \`skip=A,B\`, \`skip=all\` | leaves these checks out |
| \`error=true\` | findings fail the build (not notes) |
| \`experimental=A\`, \`experimental=all\` | adds experimental checks |

The build argument \`BUILDKIT_DOCKERFILE_CHECK\` takes the place of the directive, with the same options. Comments hold for
every check (BuildKit's do not for those of names and casing).
`;

function section({ name, description, reason, fix, example, level }: Rule): string {
  return [
    `### ${name}`,
    '',
    `${description.replace(/\.$/, '')}. (${level})`,
    '',
    '```dockerfile',
    example,
    '```',
    '',
    reason,
    '',
    `**Fix:** ${fix}`,
    '',
  ].join('\n');
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}

/** `decant base ls` */
import { catalogueRecipe } from '../../distroless/catalogue/catalogue.ts';
import { FAMILIES } from '../../distroless/catalogue/families.ts';
import { VARIANTS } from '../../distroless/recipe.ts';
import { formatJson } from '../../report/text/json.ts';
import { formatTable } from '../../report/text/table.ts';
import { print, textOptions } from '../io.ts';

export function command(flags: { readonly format: 'text' | 'json' }): Promise<void> {
  const rows = FAMILIES.map(({ name, description, suites }) => ({
    name,
    description,
    suites,
    variants: VARIANTS,
    packages: catalogueRecipe(name, suites.at(-1) ?? '13')?.packages ?? [],
  }));
  if (flags.format === 'json') print(formatJson(rows));
  else {
    print(
      formatTable(
        [{ title: 'NAME' }, { title: 'DEBIAN' }, { title: 'DESCRIPTION', least: 24 }],
        rows.map((row) => [row.name, row.suites.join(', '), row.description]),
        textOptions(),
      ),
    );
  }
  return Promise.resolve();
}

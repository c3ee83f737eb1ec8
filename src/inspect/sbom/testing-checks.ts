/** What the specifications of SPDX ask of a document, as checks for tests: each problem in a sentence. */
import parseExpression from 'spdx-expression-parse';

type Json = Readonly<Record<string, unknown>>;

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;
const PURPOSES =
  'APPLICATION FRAMEWORK LIBRARY CONTAINER OPERATING-SYSTEM DEVICE FIRMWARE SOURCE ARCHIVE FILE INSTALL OTHER'.split(
    ' ',
  );

/** SPDX 2.3, clauses 6 (document), 7 (packages), 10 (other licences), 11 (relationships). */
export function checkSpdx(document: Json): readonly string[] {
  const problems: string[] = [];
  const need = (holds: boolean, problem: string): void => void (holds || problems.push(problem));
  const {
    packages = [],
    relationships = [],
    hasExtractedLicensingInfos = [],
  } = document as {
    packages?: readonly Json[];
    relationships?: readonly Json[];
    hasExtractedLicensingInfos?: readonly Json[];
  };
  need(document['spdxVersion'] === 'SPDX-2.3', '6.1 spdxVersion');
  need(document['dataLicense'] === 'CC0-1.0', '6.2 dataLicense');
  need(document['SPDXID'] === 'SPDXRef-DOCUMENT', '6.3 SPDXID');
  need(isText(document['name']), '6.4 name');
  need(/^[a-z]+:[^#]+$/.test(String(document['documentNamespace'])), '6.5 documentNamespace');
  const { creators, created } = document['creationInfo'] as Json;
  need(
    (creators as string[]).every((one) => /^(?:Tool|Person|Organization): \S/.test(one)),
    '6.8 creators',
  );
  need(TIME.test(String(created)), '6.9 created');
  const identifiers = new Set<unknown>(['SPDXRef-DOCUMENT']);
  const references = new Set(hasExtractedLicensingInfos.map((one) => String(one['licenseId'])));
  for (const one of packages) {
    const id = one['SPDXID'];
    const where = String(id);
    need(/^SPDXRef-[A-Za-z0-9.-]+$/.test(where), `${where}: 7.2 SPDXID`);
    need(!identifiers.has(id), `${where}: 7.2 SPDXID is not unique`);
    identifiers.add(id);
    need(isText(one['name']), `${where}: 7.1 name`);
    need(one['versionInfo'] === undefined || isText(one['versionInfo']), `${where}: 7.3 versionInfo`);
    const { supplier } = one;
    need(
      supplier === undefined || /^(?:Person|Organization): [^\n(]+(?:\([^\n]*\))?$/.test(show(supplier)),
      `${where}: 7.5 supplier ${show(supplier)}`,
    );
    need(one['downloadLocation'] === 'NOASSERTION', `${where}: 7.7 downloadLocation`);
    need(one['filesAnalyzed'] === false, `${where}: 7.8 filesAnalyzed`);
    need(one['homepage'] === undefined || URL.canParse(show(one['homepage'])), `${where}: 7.11 homepage`);
    for (const key of ['licenseConcluded', 'licenseDeclared'])
      need(isLicense(String(one[key]), references), `${where}: 7.13 ${key} ${String(one[key])}`);
    const purpose = one['primaryPackagePurpose'];
    need(purpose === undefined || PURPOSES.includes(show(purpose)), `${where}: 7.24 primaryPackagePurpose`);
    for (const { referenceCategory, referenceType, referenceLocator } of (one['externalRefs'] ??
      []) as readonly Json[]) {
      need(referenceCategory === 'PACKAGE-MANAGER' && referenceType === 'purl', `${where}: 7.21 kind`);
      need(/^pkg:[a-z]+\/\S+$/.test(String(referenceLocator)), `${where}: 7.21 locator`);
    }
  }
  for (const { licenseId, extractedText } of hasExtractedLicensingInfos) {
    need(/^LicenseRef-[A-Za-z0-9.-]+$/.test(String(licenseId)), `10.1 ${String(licenseId)}`);
    need(isText(extractedText), `10.2 text of ${String(licenseId)}`);
  }
  for (const { spdxElementId, relatedSpdxElement } of relationships)
    for (const id of [spdxElementId, relatedSpdxElement])
      need(identifiers.has(id), `11.1 ${String(id)} is not there`);
  need(
    relationships.some((one) => one['relationshipType'] === 'DESCRIBES'),
    '11.1 nothing is described',
  );
  return problems;
}

/** Texts as they are; whatever else stands in the place of one is no text that a specification allows. */
function show(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}

function isLicense(text: string, references: ReadonlySet<string>): boolean {
  if (text === 'NOASSERTION' || text === 'NONE') return true;
  const used = [...text.matchAll(/LicenseRef-[A-Za-z0-9.-]+/g)].map(([reference]) => reference);
  if (!used.every((reference) => references.has(reference))) return false;
  try {
    parseExpression(text);
    return true;
  } catch {
    return false;
  }
}

/** Classes of SPDX 3.0.1 with the properties that each must and may have (its model, profiles core to simpleLicensing). */
const CLASSES: Readonly<Record<string, { readonly must: string; readonly may?: string }>> = {
  SoftwareAgent: { must: 'name' },
  SpdxDocument: { must: 'name profileConformance rootElement element' },
  software_Sbom: { must: 'name software_sbomType rootElement element' },
  software_Package: {
    must: 'name software_packageUrl',
    may: 'software_packageVersion software_homePage software_sourceInfo software_primaryPurpose verifiedUsing',
  },
  simplelicensing_LicenseExpression: {
    must: 'simplelicensing_licenseExpression',
    may: 'simplelicensing_customIdToUri',
  },
  simplelicensing_SimpleLicensingText: { must: 'name simplelicensing_licenseText' },
  Relationship: { must: 'from to relationshipType', may: 'completeness' },
};

export function checkSpdx3(document: Json): readonly string[] {
  const problems: string[] = [];
  const need = (holds: boolean, problem: string): void => void (holds || problems.push(problem));
  need(document['@context'] === 'https://spdx.org/rdf/3.0.1/spdx-context.jsonld', 'context');
  const graph = document['@graph'] as readonly Json[];
  const [creation = {}] = graph.filter((one) => one['type'] === 'CreationInfo');
  need(creation['specVersion'] === '3.0.1' && TIME.test(String(creation['created'])), 'CreationInfo');
  const elements = graph.filter((one) => one !== creation);
  const ids = new Set(elements.map((one) => one['spdxId']));
  need(ids.size === elements.length, 'identifiers are not unique');
  const refer = (one: Json, key: string): void => {
    for (const id of [one[key] ?? []].flat())
      need(ids.has(id), `${String(one['spdxId'])}: ${key} ${show(id)}`);
  };
  refer({ ...creation, spdxId: 'creation' }, 'createdBy');
  for (const one of elements) {
    const where = String(one['spdxId']);
    const known = CLASSES[String(one['type'])];
    need(known !== undefined, `${where}: class ${String(one['type'])}`);
    need(one['creationInfo'] === creation['@id'], `${where}: creationInfo`);
    need(URL.canParse(where), `${where} is no IRI`);
    const must = known?.must.split(' ') ?? [];
    for (const key of must) need(one[key] !== undefined, `${where}: ${key} is missing`);
    const all = new Set([...must, ...(known?.may?.split(' ') ?? []), 'spdxId', 'type', 'creationInfo']);
    for (const key of Object.keys(one)) need(all.has(key), `${where}: ${key} is unknown`);
    for (const key of ['from', 'to', 'rootElement', 'element']) refer(one, key);
  }
  need(elements.filter((one) => one['type'] === 'SpdxDocument').length === 1, 'one SpdxDocument');
  return problems;
}

/**
 * What the page shows: plain data, collected by the command. Sizes are bytes, times milliseconds. Text is as it came
 * from outside; making it harmless is the page's affair (html.ts).
 */

export interface PageData {
  /** Of decant, for the foot of the page. */
  readonly version: string;
  /** In the order they are told of: the first is the one before, the last the one after. */
  readonly images: readonly PageImage[];
}

export interface PageImage {
  readonly name: string;
  readonly digest: string;
  readonly platform: string;
  readonly packedSize: number;
  /** Of the files in all layers, what later layers hide included. */
  readonly unpackedSize: number;
  readonly config: PageConfig;
  readonly layers: readonly PageLayer[];
  /** The files of all layers; of hard links of one layer the first. */
  readonly files: readonly PageFile[];
  readonly packages: readonly PagePackage[];
  /** Absent where nobody looked for it. */
  readonly surface?: PageSurface | undefined;
  /** The build that made the image; absent where the store knows of none. */
  readonly build?: PageBuild | undefined;
}

export interface PageConfig {
  readonly user: string;
  readonly entrypoint: readonly string[];
  readonly command: readonly string[];
  readonly workingDirectory: string;
  readonly ports: readonly string[];
  readonly volumes: readonly string[];
  /** Names only: a page is handed on, and values may be secret. */
  readonly variables: readonly string[];
}

export interface PageLayer {
  readonly digest: string;
  readonly packedSize: number;
  readonly unpackedSize: number;
  /** The instruction it came from. */
  readonly createdBy: string;
}

export interface PageFile {
  /** Without a slash in front. */
  readonly path: string;
  readonly size: number;
  /** Position in `layers`. */
  readonly layer: number;
  /** A later layer replaces or removes it: it is shipped, and nobody sees it. */
  readonly isHidden: boolean;
  /** Position in `packages`. */
  readonly owner?: number | undefined;
}

export interface PagePackage {
  /** `deb`, `npm`, … as in package URLs. */
  readonly type: string;
  readonly name: string;
  readonly version: string;
}

/** What an audit has found. */
export interface PageSurface {
  /** 0 to 100, higher is better, and the letter for it. */
  readonly score: number;
  readonly grade: string;
  /** What all findings add up to. */
  readonly points: number;
  readonly findings: readonly PageFinding[];
}

/** One thing that an intruder would find. */
export interface PageFinding {
  /** What kind of thing: `Shell`, `Setuid file`, … */
  readonly kind: string;
  readonly level: 'error' | 'warning' | 'note';
  readonly points: number;
  /** Where it is: a path, or `the config`, … */
  readonly place: string;
  readonly detail: string;
  /** Why the entry point cannot do without it. */
  readonly neededBy?: string | undefined;
}

export interface PageBuild {
  readonly id: string;
  readonly milliseconds: number;
  readonly steps: readonly PageStep[];
  readonly stages: readonly PageStage[];
}

export interface PageStep {
  readonly number: number;
  readonly stage: string;
  readonly text: string;
  readonly status: string;
  /** From the beginning of the build; absent in records that do not have it. */
  readonly startedAt?: number | undefined;
  readonly milliseconds: number;
}

export interface PageStage {
  readonly name: string;
  /** It is shipped; what others hold is left behind, but for what was poured out of them. */
  readonly isTarget: boolean;
  /** What it began on, in words. */
  readonly base?: string | undefined;
  /** Absent where a cached build did not look. */
  readonly size?: number | undefined;
  readonly poured: readonly PagePour[];
}

/** What one COPY brought from elsewhere. */
export interface PagePour {
  /** Name of another stage, of an image or of a context, or an address; '' is the context without a name. */
  readonly from: string;
  readonly kind: 'stage' | 'image' | 'context' | 'address';
  readonly paths: readonly string[];
  readonly size?: number | undefined;
}

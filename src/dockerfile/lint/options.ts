/** What the linter has to be told, because the language alone does not say it. */

/** What a base image brings to the stage on it. */
export interface BaseFacts {
  /** `NAME=value`, or `NAME` where the value is not known. */
  readonly env: readonly string[];
  /** The SHELL of its config. */
  readonly shell?: readonly string[] | undefined;
  readonly onBuild?: readonly string[] | undefined;
  /** Absent where it is not known. */
  readonly platform?: PlatformText | undefined;
}

export interface PlatformText {
  readonly os: string;
  readonly architecture: string;
  /** Normalised: `linux/arm64`. */
  readonly text: string;
}

export interface LintOptions {
  /** Name or number of a stage; the last one without it. */
  readonly target?: string | undefined;
  /** Whether stages that the target does not need are followed too. What can be seen without values always is. */
  readonly allStages: boolean;
  readonly buildArguments: ReadonlyMap<string, string>;
  /** The automatic arguments (TARGETPLATFORM, …), build arguments of these names already put in. */
  readonly automatic: ReadonlyMap<string, string>;
  readonly platform: PlatformText;
  readonly isImageName: (text: string) => boolean;
  readonly parsePlatform: (text: string) => PlatformText | undefined;
  /** What is known of a base image, or undefined; then nothing is said that depends on it. */
  readonly base: (name: string, platform: PlatformText) => Promise<BaseFacts | undefined>;
  /** Whether the ignore file leaves a path out. Absent without one, and where it takes paths back in. */
  readonly isIgnored?: ((path: string) => boolean) | undefined;
  /** Instead of the `# check=` directive at the top of the file (BUILDKIT_DOCKERFILE_CHECK). */
  readonly check?: string | undefined;
}

import type { Ports } from '../clients/ports.ts';
import type { StageAddress } from '../clients/stage-address.ts';
import type { StageInspection } from '../clients/stage-inspection.ts';

/** One stream that a person or a program reads. */
export interface Output {
  write(text: string): void;
  readonly isTerminal: boolean;
  readonly hasColour: boolean;
  readonly size: () => { readonly columns: number; readonly rows: number };
}

/** Everything that the commands need of the machine they run on; tests bring their own. */
export interface World {
  readonly stdout: Output;
  readonly stderr: Output;
  readonly connect: (address: StageAddress) => Promise<Ports>;
  /** What looks at the parts of a stage on AWS; null where it is the embedded engine. */
  readonly inspectorOf: (address: StageAddress) => Promise<StageInspection | null>;
  /** Bytes of a file. Throws NodeJS.ErrnoException. */
  readonly readFile: (path: string) => Promise<Uint8Array>;
  /** `services/<service>.yml` of this project. */
  readonly configPath: (service: string) => string;
  /** How this person calls the command: `rollgate`, `npx rollgate`, `npm run rollgate --`. */
  readonly commandName: string;
  /** The options that name the stage as they were typed, ` --stage prod`: the next command needs them too. */
  readonly stageOptions: string;
  /** Version of Rollgate, as package.json gives it. */
  readonly version: string;
  /** Who types: goes into the record with what is asked for. */
  readonly user: string;
  readonly uniqueId: () => string;
  readonly sleep: (milliseconds: number) => Promise<void>;
  /** Calls back at Ctrl-C instead of ending; the function returned ends that. */
  readonly onInterrupt: (listener: () => void) => () => void;
}

/** Options that every command takes. */
export interface CommonOptions extends StageAddress {
  readonly json: boolean;
  readonly verbose: boolean;
}

import { type PreparedStage, startPreparedStage } from '../prepared-stage.ts';
import type { Fault } from './fault.ts';
import { type FaultResult, tryFault } from './try-fault.ts';

/** Tries one fault after another on one stage; a stage that could not be mended is replaced by a fresh one. */
export interface FaultBench {
  try(fault: Fault): Promise<FaultResult>;
  /** Stops the hosts. */
  stop(): Promise<void>;
}

/** Boots the first stage in `.rollgate/<name>` and prepares its releases. */
export async function startBench(name: string): Promise<FaultBench> {
  let rig: PreparedStage | undefined = await startPreparedStage(name);
  return {
    async try(fault) {
      rig ??= await startPreparedStage(name);
      const result = await tryFault(rig, fault);
      if (result.isStageSpoilt) {
        await rig.stage.engine.stop();
        rig = undefined;
      }
      return result;
    },
    async stop() {
      await rig?.stage.engine.stop();
      rig = undefined;
    },
  };
}

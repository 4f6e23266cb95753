import { recordCalls } from './recorded-calls.ts';

/** What the functions call while the stories of the machine are told; the test that tells them puts it in between. */
export const recordedFunctions = recordCalls();

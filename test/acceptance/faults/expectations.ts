import type { Expected } from './fault.ts';

type OwnDiagnosis = Omit<NonNullable<Expected['diagnosis']>, 'hosts'>;

/** The first host could not be staged, so none was touched. */
export function notStaged(diagnosis: OwnDiagnosis): Expected {
  return {
    end: 'FailedClean',
    firstLine: ({ meaning }) => `could not be staged on payment-1: ${meaning}`,
    diagnosis: { ...diagnosis, hosts: [0] },
    touched: [],
  };
}

/** The first host was switched, failed its gate and is back. */
export function reverted(diagnosis: OwnDiagnosis): Expected {
  return {
    end: 'RolledBack',
    firstLine: ({ meaning }) => `did not pass on payment-1: ${meaning}`,
    diagnosis: { ...diagnosis, hosts: [0] },
    touched: [0],
  };
}

/** The first host was switched and could be brought neither forward nor back. */
export function leftDirty(diagnosis: OwnDiagnosis): Expected {
  return {
    end: 'FailedDirty',
    firstLine: ({ meaning }) =>
      `these hosts are not as they should be: payment-1 (did not pass on payment-1: ${meaning})`,
    diagnosis: { ...diagnosis, hosts: [0] },
    touched: [0],
    silent: [0],
  };
}

/** The good release runs on the first host, switched once, and nobody is told of anything. */
export const harmless: Expected = {
  end: 'Succeeded',
  firstLine: ({ release }) => `${release} runs on 1 host and every one passed its gate`,
  diagnosis: null,
  touched: [0],
};

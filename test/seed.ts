import fc from 'fast-check';

/** Another seed tries other cases: `ROLLGATE_TEST_SEED=7 npm test -- --fast`. */
const seed = process.env['ROLLGATE_TEST_SEED'] ?? '1';
if (!/^-?\d+$/.test(seed)) {
  throw new RangeError(`ROLLGATE_TEST_SEED: ${seed} is not a whole number`);
}

// The same cases in every run: what passed once does not fail by chance in somebody else's change.
fc.configureGlobal({ seed: Number(seed) });

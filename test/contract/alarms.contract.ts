import { expect } from 'vitest';
import type { BackEnd } from './back-end.ts';
import { contract } from './contract-test.ts';

export function alarmsContract(backEnd: BackEnd): void {
  contract('alarms', backEnd, (contractTest) => {
    contractTest('alarms are told with their state and its reason', ['alarms'], async ({ ports, setAlarm }) => {
      await setAlarm('payment-5xx', 'ALARM', '40 errors');
      await setAlarm('payment-slow', 'OK', 'fast enough');
      await setAlarm('cart-5xx', 'ALARM', '1 error');

      const found = await ports.alarms.describe(['payment-slow', 'payment-5xx']);

      expect(found.toSorted((one, other) => (one.name < other.name ? -1 : 1))).toEqual([
        { name: 'payment-5xx', state: 'ALARM', reason: expect.stringContaining('40 errors') },
        { name: 'payment-slow', state: 'OK', reason: expect.stringContaining('fast enough') },
      ]);
    });

    contractTest('alarms that are not there are left out', ['alarms'], async ({ ports, setAlarm }) => {
      await setAlarm('payment-5xx', 'OK', 'few errors');

      expect((await ports.alarms.describe(['gone', 'payment-5xx'])).map(({ name }) => name)).toEqual(['payment-5xx']);
      expect(await ports.alarms.describe(['gone'])).toEqual([]);
    });

    contractTest('an alarm that has a new state tells the new one', ['alarms'], async ({ ports, setAlarm }) => {
      await setAlarm('payment-5xx', 'ALARM', '40 errors');
      await setAlarm('payment-5xx', 'INSUFFICIENT_DATA', 'nobody pays');

      expect((await ports.alarms.describe(['payment-5xx'])).map(({ state }) => state)).toEqual(['INSUFFICIENT_DATA']);
    });
  });
}

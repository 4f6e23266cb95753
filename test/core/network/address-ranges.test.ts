import { describe, expect, test } from 'vitest';
import { holdsAddress, ipVersion } from '../../../core/network/address-ranges.ts';
import { documentedRows } from '../documented-rows.ts';

const bare = (cell = ''): string => cell.replaceAll('`', '');
const rows = documentedRows('core/network/address-ranges.ts', 'holdsAddress').map((row) => row.map(bare));

describe('holdsAddress', () => {
  test('has worked examples', () => {
    expect(rows.length).toBeGreaterThan(5);
  });

  test.each(rows)('%s and %s: %s', (range, address, holds) => {
    expect(holdsAddress(range ?? '', address ?? '')).toBe(holds === 'yes');
  });

  test.each([
    ['10.0.0.0/0', '255.255.255.255', true],
    ['10.0.0.5/31', '10.0.0.4', true],
    ['10.0.0.5/31', '10.0.0.6', false],
    ['::/0', 'fd00::1', true],
    ['::/0', '10.0.0.1', false],
    ['fd00:1:2::/48', 'fd00:1:2:ffff::9', true],
    ['fd00:1:2::/48', 'fd00:1:3::9', false],
    ['fd00::1/128', 'fd00:0:0:0:0:0:0:1', true],
    ['::ffff:10.0.0.0/104', '::ffff:10.9.9.9', true],
    ['10.0.0.0/33', '10.0.0.0', false],
    ['10.0.0.0', '10.0.0.0', false],
    ['nonsense/8', '10.0.0.0', false],
    ['10.0.0.0/8', 'cart.internal', false],
  ])('%s and %s: %s', (range, address, holds) => {
    expect(holdsAddress(range, address)).toBe(holds);
  });
});

test.each([
  ['10.0.0.1', 4],
  ['fd00::1', 6],
  ['cart.internal', 0],
  ['', 0],
])('%j is of IP version %i', (text, version) => {
  expect(ipVersion(text)).toBe(version);
});

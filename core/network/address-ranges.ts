import * as z from 'zod';

const ipv4 = z.ipv4();
const ipv6 = z.ipv6();

/** 4 or 6; 0 for a name or anything else that is no address. */
export function ipVersion(text: string): 0 | 4 | 6 {
  return ipv4.safeParse(text).success ? 4 : ipv6.safeParse(text).success ? 6 : 0;
}

/**
 * Whether the range holds the address; a range of the other IP version never does, and neither does what is no range.
 *
 * | range         | address     | holds |
 * |---------------|-------------|-------|
 * | `10.0.0.0/16` | `10.0.9.1`  | yes   |
 * | `10.0.0.0/16` | `10.1.0.1`  | no    |
 * | `0.0.0.0/0`   | `10.1.0.1`  | yes   |
 * | `0.0.0.0/0`   | `fd00::1`   | no    |
 * | `fd00::/8`    | `fd12::9`   | yes   |
 * | `10.0.0.7/32` | `10.0.0.7`  | yes   |
 */
export function holdsAddress(range: string, address: string): boolean {
  const [network = '', length = ''] = range.split('/');
  const version = ipVersion(address);
  const bits = version === 4 ? 32n : 128n;
  if (version === 0 || ipVersion(network) !== version || !/^\d{1,3}$/.test(length) || BigInt(length) > bits) {
    return false;
  }
  const hostBits = bits - BigInt(length);
  return numberOf(network) >> hostBits === numberOf(address) >> hostBits;
}

/** The address as one number. */
function numberOf(address: string): bigint {
  if (ipVersion(address) === 4) {
    return address.split('.').reduce((sum, part) => (sum << 8n) | BigInt(part), 0n);
  }
  return groupsOf(address).reduce((sum, group) => (sum << 16n) | BigInt(`0x${group}`), 0n);
}

/** The eight groups of an IPv6 address: `::` filled up, an IPv4 tail (`::ffff:10.0.0.7`) as two groups. */
function groupsOf(address: string): readonly string[] {
  const plain = address.replace(/%.*$/, '').replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_found, ...parts: string[]) => {
    const [a = '', b = '', c = '', d = ''] = parts;
    return `${(Number(a) * 256 + Number(b)).toString(16)}:${(Number(c) * 256 + Number(d)).toString(16)}`;
  });
  const [head = '', tail] = plain.split('::');
  const first = head === '' ? [] : head.split(':');
  const last = tail === undefined || tail === '' ? [] : tail.split(':');
  return [...first, ...Array.from({ length: 8 - first.length - last.length }, () => '0'), ...last];
}

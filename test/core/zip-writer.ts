import { crc32, deflateRawSync } from 'node:zlib';

export interface ZipPart {
  readonly name: string;
  readonly content?: string | Uint8Array;
  /** Unix mode, type bits included: 0o120777 is a link. Absent: no mode at all, as DOS writes it. */
  readonly mode?: number;
  /** 8 (deflate) where absent. */
  readonly method?: number;
  /** General purpose flags besides UTF-8 names: 1 is encrypted. */
  readonly flags?: number;
  /** What the listing says instead of the truth. */
  readonly claimedBytes?: number;
  readonly extra?: Uint8Array;
}

/** A zip of any parts, also of those that no packer would write. */
export function writeZip(parts: readonly ZipPart[]): Buffer {
  const local: Buffer[] = [];
  const central: Buffer[] = [];
  let offset = 0;
  for (const part of parts) {
    const name = Buffer.from(part.name);
    const content = Buffer.from(part.content ?? '');
    const method = part.method ?? 8;
    const data = method === 0 ? content : deflateRawSync(content);
    const fields = Buffer.alloc(26);
    fields.writeUInt16LE(20, 0);
    fields.writeUInt16LE(0x800 | (part.flags ?? 0), 2);
    fields.writeUInt16LE(method, 4);
    fields.writeUInt32LE(crc32(content), 10);
    fields.writeUInt32LE(data.length, 14);
    fields.writeUInt32LE(part.claimedBytes ?? content.length, 18);
    fields.writeUInt16LE(name.length, 22);
    const localHeader = Buffer.concat([Buffer.from('PK\u0003\u0004'), fields, name]);
    const extra = Buffer.from(part.extra ?? []);
    fields.writeUInt16LE(extra.length, 24);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(((part.mode ?? 0) << 16) >>> 0, 6);
    tail.writeUInt32LE(offset, 10);
    const madeBy = Buffer.from([20, part.mode === undefined ? 0 : 3]);
    central.push(Buffer.concat([Buffer.from('PK\u0001\u0002'), madeBy, fields, tail, name, extra]));
    local.push(localHeader, data);
    offset += localHeader.length + data.length;
  }
  const listing = Buffer.concat(central);
  const end = Buffer.alloc(22);
  end.write('PK\u0005\u0006');
  end.writeUInt16LE(parts.length, 8);
  end.writeUInt16LE(parts.length, 10);
  end.writeUInt32LE(listing.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...local, listing, end]);
}

import { crc32, inflateRawSync } from 'node:zlib';
import yauzl from 'yauzl';
import { InvalidDeploymentError } from '../model/errors.ts';

/** One entry of a zip's central directory. */
export interface ZipEntry {
  /** As written in the zip, backslashes kept; directories end in `/`. */
  readonly name: string;
  /** Another name that some programs would unpack it under; absent nearly always. */
  readonly otherName?: string;
  readonly uncompressedBytes: number;
  readonly isEncrypted: boolean;
  /** 0 stored, 8 deflate; others need programs that hosts do not have. */
  readonly method: number;
  /** File type by the Unix mode in the external attributes; `file` where the zip holds none. */
  readonly type: 'file' | 'directory' | 'link' | 'special';
  /** The entry's bytes inflated. Throws InvalidDeploymentError where they are broken or more than `maxBytes`. */
  readonly read: (maxBytes: number) => Uint8Array;
}

const typeMask = 0o170000;
const linkType = 0o120000;
const directoryType = 0o040000;
const regularType = 0o100000;

/**
 * The entries of a zip, at most `maxEntries` (more are a refusal, so that a hostile listing costs no memory).
 * Throws InvalidDeploymentError where the bytes are no zip or the zip is cut off.
 */
export async function listZip(bytes: Uint8Array, maxEntries: number): Promise<readonly ZipEntry[]> {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const zip = await openZip(buffer);
  if (zip.entryCount > maxEntries) {
    throw new InvalidDeploymentError(`the zip has ${zip.entryCount} entries; the limit is ${maxEntries}`);
  }
  const entries: ZipEntry[] = [];
  try {
    for await (const entry of zip.eachEntry()) {
      entries.push(await toEntry(zip, entry, buffer));
    }
  } catch (error) {
    throw error instanceof InvalidDeploymentError ? error : broken(error);
  }
  return entries;
}

async function openZip(buffer: Buffer): Promise<yauzl.ZipFile> {
  try {
    // Names stay raw: yauzl would refuse the first bad one, and a person should read of all of them.
    return await yauzl.fromBufferPromise(buffer, { decodeStrings: false, strictFileNames: true });
  } catch (error) {
    throw isZipStart(buffer)
      ? broken(error)
      : new InvalidDeploymentError('the artifact is not a zip file', { cause: error });
  }
}

function isZipStart(buffer: Buffer): boolean {
  return buffer.length >= 4 && buffer.readUInt32LE(0) === 0x04034b50;
}

function broken(error: unknown): InvalidDeploymentError {
  return new InvalidDeploymentError('the zip is cut off or damaged; pack it again and upload that', { cause: error });
}

async function toEntry(zip: yauzl.ZipFile, entry: yauzl.Entry, buffer: Buffer): Promise<ZipEntry> {
  const plain = yauzl.getFileNameLowLevel(entry.generalPurposeBitFlag, entry.fileNameRaw, [], true);
  const other = yauzl.getFileNameLowLevel(entry.generalPurposeBitFlag, entry.fileNameRaw, entry.extraFields, true);
  const { fileDataStart } = await zip.readLocalFileHeaderPromise(entry, { minimal: true });
  const data = buffer.subarray(fileDataStart, fileDataStart + entry.compressedSize);
  return {
    name: plain,
    ...(other === plain ? {} : { otherName: other }),
    uncompressedBytes: entry.uncompressedSize,
    isEncrypted: entry.isEncrypted(),
    method: entry.compressionMethod,
    type: typeOf(entry, plain),
    read: (maxBytes) => inflate(plain, entry, data, maxBytes),
  };
}

function typeOf(entry: yauzl.Entry, name: string): ZipEntry['type'] {
  const type = (entry.externalFileAttributes >>> 16) & typeMask;
  if (type === linkType) {
    return 'link';
  }
  if (type !== 0 && type !== directoryType && type !== regularType) {
    return 'special';
  }
  return name.endsWith('/') || type === directoryType ? 'directory' : 'file';
}

function inflate(name: string, entry: yauzl.Entry, data: Buffer, maxBytes: number): Uint8Array {
  if (entry.uncompressedSize > maxBytes) {
    throw new InvalidDeploymentError(`${name} has ${entry.uncompressedSize} bytes; the limit is ${maxBytes}`);
  }
  let content: Buffer;
  try {
    content = entry.compressionMethod === 0 ? data : inflateRawSync(data, { maxOutputLength: maxBytes });
  } catch (error) {
    throw new InvalidDeploymentError(`the zip is damaged: ${name} can not be unpacked`, { cause: error });
  }
  if (content.length !== entry.uncompressedSize || crc32(content) !== entry.crc32) {
    throw new InvalidDeploymentError(
      `the zip is damaged: ${name} does not have the size and checksum that the zip says`,
    );
  }
  return content;
}

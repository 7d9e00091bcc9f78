import { cursorExpired } from '@gatehouse/contracts/user';
import { createHmac, createSecretKey, hkdfSync, timingSafeEqual } from 'node:crypto';

/** Where an export is. */
export interface ExportPlace {
  /** Names the export, over all the calls that it takes. */
  readonly exportId: string;
  /** The id by which PostgreSQL knows the moment that is exported. */
  readonly snapshot: string;
  readonly showDeleted: boolean;
  /** Of the last person that was given. */
  readonly lastId: string;
}

export interface ExportCursors {
  write(place: ExportPlace): string;
  /** @throws cursorExpired for what this service did not write */
  read(cursor: string): ExportPlace;
}

const version = 1;
const macBytes = 16;

/** Cursors of exports: a place as JSON behind its MAC, so that what is put to the database is what the service wrote. */
export function createExportCursors(secret: Uint8Array): ExportCursors {
  const key = createSecretKey(Buffer.from(hkdfSync('sha256', secret, Buffer.alloc(0), 'gatehouse user export cursor', 32)));
  const toMac = (body: Uint8Array) => createHmac('sha256', key).update(body).digest().subarray(0, macBytes);
  return {
    write({ exportId, snapshot, showDeleted, lastId }) {
      const body = Buffer.from(JSON.stringify([version, exportId, snapshot, showDeleted, lastId]));
      return Buffer.concat([toMac(body), body]).toString('base64url');
    },
    read(cursor) {
      const bytes = Buffer.from(cursor, 'base64url');
      const [mac, body] = [bytes.subarray(0, macBytes), bytes.subarray(macBytes)];
      if (mac.length !== macBytes || !timingSafeEqual(mac, toMac(body))) throw cursorExpired();
      const [writtenBy, exportId, snapshot, showDeleted, lastId] = JSON.parse(body.toString()) as [number, string, string, boolean, string];
      if (writtenBy !== version) throw cursorExpired();
      return { exportId, snapshot, showDeleted, lastId };
    },
  };
}

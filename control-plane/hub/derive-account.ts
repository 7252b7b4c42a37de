import { hkdfSync } from "node:crypto";
import { createAccount, createUser, fromSeed, type KeyPair } from "@nats-io/nkeys";

/**
 * The key pair of an account that belongs to a tenant's (a role's or a lane's), from the tenant's seed: so one sealed seed
 * a tenant is all that has to be kept, and a hub that has lost everything gets the same accounts again.
 */
export function deriveAccount(tenantSeed: string, name: string): KeyPair {
  return fromSeed(encodeSeed(createAccount(), derive(tenantSeed, `account ${name}`)));
}

/** The key pair of a user that belongs to `name`, from whatever seed. */
export function deriveUser(seed: string, name: string): KeyPair {
  return fromSeed(encodeSeed(createUser(), derive(seed, `user ${name}`)));
}

/** 32 bytes that belong to `name`. */
export function derive(tenantSeed: string, name: string): Uint8Array {
  return new Uint8Array(hkdfSync("sha256", tenantSeed, "", `o2mc ${name}`, 32));
}

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/** nkeys' text form of a seed, of the kind of `like`: two bytes of kind, the key, CRC-16/XMODEM, in base 32. The library makes it of random keys only. */
function encodeSeed(like: KeyPair, key: Uint8Array): Uint8Array {
  const kind = Buffer.from(like.getSeed()).toString().slice(0, 2);
  const [high = 0, low = 0] = Array.from(kind, (letter) => ALPHABET.indexOf(letter));
  // ten bits of kind; the six that follow are the second byte's rest: zero
  const bytes = Buffer.concat([Buffer.from([(high << 3) | (low >> 2), (low & 3) << 6]), key]);
  const checked = Buffer.concat([bytes, crc16(bytes)]);
  let text = "";
  for (let bit = 0; bit < checked.length * 8; bit += 5) {
    const pair = ((checked[bit >> 3] ?? 0) << 8) | (checked[(bit >> 3) + 1] ?? 0);
    text += ALPHABET[(pair >> (11 - (bit & 7))) & 31];
  }
  return new TextEncoder().encode(text);
}

/** little-endian */
function crc16(bytes: Uint8Array): Uint8Array {
  let crc = 0;
  for (const byte of bytes) {
    crc ^= byte << 8;
    for (let i = 0; i < 8; i++) crc = crc & 0x8000 ? ((crc << 1) ^ 0x1021) & 0xffff : (crc << 1) & 0xffff;
  }
  return new Uint8Array([crc & 0xff, crc >> 8]);
}

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { BufferPool, tieredBuffers } from "./buffer-pool.ts";

const SIZE = 1024;

describe("a buffer pool", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("gives the length asked for, from memory that was released", () => {
    const pool = new BufferPool({ bufferBytes: SIZE, idleMax: 2 });
    const first = pool.lease(1000);
    expect(first.bytes.length).toBe(1000);
    const { buffer } = first.bytes;
    first.release();
    const second = pool.lease(SIZE);
    expect(second.bytes.length).toBe(SIZE);
    expect(second.bytes.buffer).toBe(buffer);
  });

  it("never gives the same memory to two at once, even when it is released twice", () => {
    const pool = new BufferPool({ bufferBytes: SIZE, idleMax: 9 });
    const lease = pool.lease(SIZE);
    lease.release();
    lease.release();
    const [one, two] = [pool.lease(SIZE), pool.lease(SIZE)];
    lease.release();
    const three = pool.lease(SIZE);
    expect(new Set([one, two, three].map(({ bytes }) => bytes.buffer)).size).toBe(3);
  });

  it.each([0, 1, 63, SIZE + 1])("makes %d bytes of their own", (length) => {
    const pool = new BufferPool({ bufferBytes: SIZE, idleMax: 9 });
    const lease = pool.lease(length);
    expect(lease.bytes.length).toBe(length);
    const { buffer } = lease.bytes;
    lease.release();
    expect(pool.lease(length).bytes.buffer).not.toBe(buffer);
  });

  it("keeps no more than it may", () => {
    const pool = new BufferPool({ bufferBytes: SIZE, idleMax: 1 });
    const leases = [pool.lease(SIZE), pool.lease(SIZE)];
    const before = leases.map(({ bytes }) => bytes.buffer);
    for (const lease of leases) lease.release();
    const after = [pool.lease(SIZE), pool.lease(SIZE)].map(({ bytes }) => bytes.buffer);
    expect(before.filter((buffer) => after.includes(buffer))).toHaveLength(1);
  });

  it("gives what it does not keep back at once, without the garbage collector", () => {
    const pool = new BufferPool({ bufferBytes: 8 * SIZE, idleMax: 1 });
    const leases = [pool.lease(8 * SIZE), pool.lease(8 * SIZE)];
    const buffers = leases.map(({ bytes }) => bytes.buffer as ArrayBuffer);
    for (const lease of leases) lease.release();
    expect(buffers.map(({ detached }) => detached)).toEqual([false, true]);
    vi.advanceTimersByTime(30_000);
    expect(buffers.map(({ detached }) => detached)).toEqual([true, true]);
  });

  it("gives back what nobody needed for a while, and no timer stays", () => {
    const pool = new BufferPool({ bufferBytes: SIZE, idleMax: 9 });
    const lease = pool.lease(SIZE);
    const { buffer } = lease.bytes;
    lease.release();
    vi.advanceTimersByTime(30_000);
    expect(vi.getTimerCount()).toBe(0);
    expect(pool.lease(SIZE).bytes.buffer).not.toBe(buffer);
  });
});

describe("pools of several sizes", () => {
  it("serve a lease from the smallest that fits", () => {
    const source = tieredBuffers([1, 2].map((factor) => new BufferPool({ bufferBytes: SIZE * factor, idleMax: 1 })));
    const lengths = [SIZE / 2, SIZE, SIZE + 1, SIZE * 2, SIZE * 3].map((length) => {
      const { bytes } = source.lease(length);
      expect(bytes.length).toBe(length);
      return bytes.buffer.byteLength;
    });
    expect(lengths).toEqual([SIZE, SIZE, SIZE * 2, SIZE * 2, SIZE * 3]);
  });
});

import type { Metadata } from "@commonhold/metadata/metadata.ts";
import type { JobThrottle } from "./job.ts";
import type { JobSettingsStore } from "./job-registry.ts";

interface StoredThrottle {
  readonly bytes_per_second?: number;
  readonly concurrent?: number;
}

/** The settings of jobs in the metadata. */
export function createJobSettings(metadata: Pick<Metadata, "read" | "apply">): JobSettingsStore {
  return {
    load: async () => {
      const rows = await metadata.read.selectFrom("job_settings").selectAll().execute();
      return new Map(
        rows.map(({ name, paused, throttle }) => [
          name,
          { isPaused: paused === 1, throttle: throttle === null ? undefined : readThrottle(throttle) },
        ]),
      );
    },
    save: async (name, { isPaused, throttle }, note) => {
      await metadata.apply("job.configure", {
        name,
        paused: isPaused,
        throttle: throttle === undefined ? null : storedThrottle(throttle),
        ...(note && { note }),
      });
    },
  };
}

function readThrottle(text: string): JobThrottle {
  const { bytes_per_second: bytesPerSecond, concurrent } = JSON.parse(text) as StoredThrottle;
  return {
    ...(bytesPerSecond === undefined ? {} : { bytesPerSecond }),
    ...(concurrent === undefined ? {} : { concurrent }),
  };
}

function storedThrottle({ bytesPerSecond, concurrent }: JobThrottle): StoredThrottle {
  return {
    ...(bytesPerSecond === undefined ? {} : { bytes_per_second: bytesPerSecond }),
    ...(concurrent === undefined ? {} : { concurrent }),
  };
}

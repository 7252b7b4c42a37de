import { readFile } from "node:fs/promises";

interface LiveSettings {
  readonly application: string | undefined;
  readonly pipeline: string | undefined;
  readonly endpointsFile: string | undefined;
}

interface LivePipeline {
  readonly application: string;
  readonly pipeline: string;
}

/** The pipeline that the live page shows; undefined until the demo is set up, which happens after the shop's start. */
export async function findLivePipeline(settings: LiveSettings): Promise<LivePipeline | undefined> {
  const { application, pipeline, endpointsFile } = settings;
  if (application && pipeline) return { application, pipeline };
  if (!endpointsFile) return undefined;
  const text = await readFile(endpointsFile, "utf8").catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  const { demo } = JSON.parse(text) as { demo?: { application?: string; pipelines?: Record<string, string> } };
  const live = demo?.pipelines?.["live"];
  return demo?.application && live ? { application: demo.application, pipeline: live } : undefined;
}

import type { SiteConfig } from "./edge.ts";

/** The purposes that the browser's own signals (Global Privacy Control, Do Not Track) leave to be asked for. */
export function permitted({ purposes, denied }: SiteConfig): readonly string[] {
  const { globalPrivacyControl, doNotTrack } = navigator as Navigator & { globalPrivacyControl?: boolean };
  const refused = [...((globalPrivacyControl && denied?.gpc) || []), ...((doNotTrack === "1" && denied?.dnt) || [])];
  return purposes.filter((purpose) => !refused.includes(purpose));
}

type Choices = Readonly<Record<number, boolean | undefined>> | undefined;
interface TcData {
  readonly eventStatus?: string;
  readonly tcString?: string;
  readonly purpose?: { readonly consents?: Choices };
  readonly vendor?: { readonly consents?: Choices };
}
type TcfApi = (
  command: "addEventListener",
  version: 2,
  callback: (data: TcData | null, success: boolean) => void,
) => void;

/** Follows the page's consent tool (IAB TCF), where it has one and the policy says what that means: `meant` and `granted`. */
export function watchTcf(
  { tcf }: SiteConfig,
  choose: (meant: readonly string[], granted: readonly string[], tcString: string) => void,
): void {
  const api = (window as Window & { __tcfapi?: TcfApi }).__tcfapi;
  const meant = Object.keys(tcf ?? {});
  if (!api || meant.length === 0) return;
  api("addEventListener", 2, (data, success) => {
    // While the tool is being shown nothing has been chosen.
    if (!success || !data?.tcString || data.eventStatus === "cmpuishown") return;
    const { purpose, vendor, tcString } = data;
    const granted = meant.filter((name) => {
      const meaning = tcf?.[name];
      return (
        meaning?.purposes.every((number) => purpose?.consents?.[number]) &&
        (meaning.vendor === null || vendor?.consents?.[meaning.vendor])
      );
    });
    choose(meant, granted, tcString);
  });
}

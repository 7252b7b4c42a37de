const frame = (tone: string, drawing: string): string =>
  `<svg viewBox="0 0 200 200" role="img" aria-hidden="true" xmlns="http://www.w3.org/2000/svg"><rect width="200" height="200" fill="${tone}"/><ellipse cx="100" cy="163" rx="62" ry="7" fill="#000" opacity=".08"/>${drawing}</svg>`;

/** Flat drawings, one for each product. */
export const pictures = {
  mug: frame(
    "#ece3d4",
    `<path d="M132 84c26-4 32 42-4 46" fill="none" stroke="#d9cdb8" stroke-width="10"/><path d="M60 70h76l-5 82q-1 9-10 9H75q-9 0-10-9z" fill="#fbf7ef"/><path d="M60 70h76l-1.5 22q-37 9-73 0z" fill="#c96f4a"/><ellipse cx="98" cy="70" rx="38" ry="8" fill="#8c4a30"/><path d="M84 52q-7-10 0-19M98 50q-7-10 0-19M112 52q-7-10 0-19" fill="none" stroke="#fff" stroke-width="4" stroke-linecap="round" opacity=".8"/>`,
  ),
  teapot: frame(
    "#d8e2e3",
    `<path d="M58 76q42-62 84 0" fill="none" stroke="#b48a57" stroke-width="7" stroke-linecap="round"/><path d="M140 104q26-2 30-26l10 2q-4 46-44 52z" fill="#2f5564"/><ellipse cx="98" cy="120" rx="56" ry="43" fill="#356478"/><path d="M48 104q50 22 100 0" fill="none" stroke="#4d8197" stroke-width="3"/><ellipse cx="98" cy="81" rx="28" ry="7" fill="#28495a"/><circle cx="98" cy="71" r="7" fill="#b48a57"/>`,
  ),
  vase: frame(
    "#efdcd0",
    `<path d="M100 78Q92 40 70 22M100 78q2-34 26-54M100 78q-2-30-2-60" fill="none" stroke="#6d7f5c" stroke-width="3"/><g fill="#8fa37a"><ellipse cx="72" cy="28" rx="6" ry="12" transform="rotate(-35 72 28)"/><ellipse cx="84" cy="46" rx="6" ry="12" transform="rotate(-70 84 46)"/><ellipse cx="126" cy="28" rx="6" ry="12" transform="rotate(40 126 28)"/><ellipse cx="114" cy="48" rx="6" ry="12" transform="rotate(70 114 48)"/><ellipse cx="98" cy="22" rx="6" ry="13"/></g><path d="M86 70h28q-2 18 12 34 16 22 4 44-4 14-14 14H84q-10 0-14-14-12-22 4-44 14-16 12-34z" fill="#b9603f"/><path d="M72 108q28 10 56 0" fill="none" stroke="#d98a68" stroke-width="3"/><ellipse cx="100" cy="70" rx="14" ry="4" fill="#7d3b24"/>`,
  ),
  bowl: frame(
    "#e3e6da",
    `<path d="M36 92h128q-4 52-42 64H78Q40 144 36 92z" fill="#7c8c69"/><ellipse cx="100" cy="92" rx="64" ry="15" fill="#f4f0e4"/><ellipse cx="100" cy="94" rx="50" ry="10" fill="#dcc48f"/><circle cx="84" cy="92" r="5" fill="#c2553c"/><circle cx="108" cy="96" r="5" fill="#c2553c"/><circle cx="120" cy="90" r="4" fill="#6b8a4e"/><path d="M80 156h40l4 7H76z" fill="#62714f"/>`,
  ),
  throw: frame(
    "#dfe0ea",
    `<path d="M44 54h112v96q-56 16-112 0z" fill="#6f7699"/><path d="M44 54h112v34q-56 16-112 0z" fill="#8b91b3"/><path d="M44 106q56 16 112 0M44 116q56 16 112 0" fill="none" stroke="#e9e6da" stroke-width="4"/><g stroke="#6f7699" stroke-width="3">${Array.from({ length: 15 }, (_, n) => `<path d="M${47 + n * 7.6} 149v16"/>`).join("")}</g>`,
  ),
  lamp: frame(
    "#f3e6c4",
    `<path d="M70 100h60l40 63H30z" fill="#fff3c9" opacity=".75"/><path d="M97 96h6v58h-6z" fill="#a77b3c"/><path d="M72 154h56q6 0 6 8H66q0-8 6-8z" fill="#8a6430"/><path d="M76 40h48l22 62H54z" fill="#fffaf0"/><path d="M82 40 66 102M94 40l-6 62M106 40l6 62M118 40l16 62" stroke="#e4d3a8" stroke-width="2"/>`,
  ),
  stool: frame(
    "#e8ddcb",
    `<path d="M68 92 52 164h10l20-72zM132 92l16 72h-10l-20-72z" fill="#a6763f"/><path d="M95 92h10v72H95z" fill="#8d6232"/><path d="M66 130h68v7H66z" fill="#b98a52"/><ellipse cx="100" cy="90" rx="58" ry="14" fill="#9a6c38"/><ellipse cx="100" cy="84" rx="58" ry="14" fill="#cda06a"/><path d="M60 84q40-9 80 0M70 89q30-6 60 0" fill="none" stroke="#b48750" stroke-width="2"/>`,
  ),
  candles: frame(
    "#dfd9df",
    `<g><rect x="54" y="70" width="20" height="92" rx="4" fill="#e0ab47"/><rect x="90" y="52" width="20" height="110" rx="4" fill="#ebbd62"/><rect x="126" y="84" width="20" height="78" rx="4" fill="#d79c35"/><path d="M64 70v-8M100 52v-8M136 84v-8" stroke="#544" stroke-width="2"/><path d="M64 38q10 14 0 25-10-11 0-25zM100 20q10 14 0 25-10-11 0-25zM136 52q10 14 0 25-10-11 0-25z" fill="#f28a3c"/></g>`,
  ),
} as const;

export const logo = `<svg viewBox="0 0 40 40" aria-hidden="true" xmlns="http://www.w3.org/2000/svg"><rect width="40" height="40" rx="12" fill="#26362f"/><path d="M12 13h16l-2 14q-1 4-4 4h-4q-3 0-4-4z" fill="#e9c9a4"/><path d="M12 18h16" stroke="#c96f4a" stroke-width="3"/></svg>`;

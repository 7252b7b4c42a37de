/** A page view of 700–900 bytes, as the demo shop's web source takes it. */
export function pageView(i: number, subject: string, at: number, prefix: string): object {
  return {
    id: `${prefix}-${i}`,
    type: "page.view",
    time: new Date(at).toISOString(),
    subject,
    data: {
      page: {
        path: `/products/chair-${i % 400}`,
        title: `Chair number ${i % 400} in oak, with a seat of woven paper cord`,
        url: `https://shop.example/products/chair-${i % 400}?utm_source=newsletter&utm_campaign=autumn`,
        referrer: "https://search.example/?q=oak+chair+with+paper+cord+seat&page=2",
      },
      product: { sku: `CH-${i % 400}`, price: 149 + (i % 50) },
      client: { ip: `198.51.100.${i % 250}`, language: "en-GB", timezone: "Europe/Amsterdam" },
      screen: { width: 1920, height: 1080, density: 1.5, viewport: "1440x837" },
      session: { page_number: 1 + (i % 9), is_new: i % 3 === 0 },
      user_agent:
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36",
    },
    consent: { purposes: ["analytics"], policyVersion: 1, givenAt: new Date(at - 60_000).toISOString() },
  };
}

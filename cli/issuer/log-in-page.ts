const escape = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");

/** The log-in form; it posts to its own address. No script, no outside resource. */
export function logInPage(email: string, problem?: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Log in · O2MC I/O</title>
<style>
body { font: 1rem/1.5 system-ui, sans-serif; display: grid; place-items: center; min-height: 100vh; margin: 0; background: #f3f4f6; color: #111827 }
form { background: #fff; padding: 2rem; border-radius: .75rem; width: min(20rem, 90vw); box-shadow: 0 1px 3px #0003 }
h1 { font-size: 1.25rem; margin: 0 0 1rem }
label { display: block; margin: .75rem 0 .25rem }
input, button { font: inherit; width: 100%; box-sizing: border-box; padding: .5rem; border-radius: .375rem; border: 1px solid #6b7280 }
button { margin-top: 1.25rem; background: #1d4ed8; border-color: #1d4ed8; color: #fff; cursor: pointer }
[role=alert] { color: #b91c1c; margin: 0 }
</style>
</head>
<body>
<form method="post">
<h1>Log in to O2MC I/O</h1>
${problem === undefined ? "" : `<p role="alert">${escape(problem)}</p>`}
<label for="email">E-mail</label>
<input id="email" name="email" type="email" autocomplete="username" required value="${escape(email)}">
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" required>
<button>Log in</button>
</form>
</body>
</html>
`;
}

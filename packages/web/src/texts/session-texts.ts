export const sessionTexts = {
  signIn: "Sign in",
  signUp: "Create an account",
  toSignUp: "New here? Create an account",
  toSignIn: "Have an account? Sign in",
  email: "E-mail",
  password: "Password",
  passwordRule: "At least 10 characters. Length is what counts.",
  name: "Name",
  nameHint: "What others see. May be left empty.",
  working: "One moment…",
  trial: {
    title: "A first start, on this machine",
    account: "The trial account is",
    where: "Its password stands in the terminal, and in",
    use: "Use this account",
  },
  points: [
    "Files are sealed, and kept on several disks of several people.",
    "No single disk matters, and no lender can read them.",
    "Lend a disk of your own and earn what storing costs.",
  ],
} as const;

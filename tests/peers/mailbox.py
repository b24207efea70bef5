"""A mail server for tests: prints each mail it takes, line by line.

usage: mailbox.py PORT [--tls CERT KEY] [--implicit] [--login USER PASSWORD] [--refuse CODE]
"""

import argparse
import asyncio
import email
import email.policy
import signal
import ssl

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, SMTP


class Mailbox:
    def __init__(self, refuse, implicit):
        self.refuse = refuse
        self.implicit = implicit

    async def handle_RCPT(self, server, session, envelope, address, options):
        if self.refuse:
            print("refused", address, flush=True)
            return f"{self.refuse} no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
        how = "TLS" if session.ssl or self.implicit else "clear"
        print(f"mail from {envelope.mail_from} to {envelope.rcpt_tos[0]} over {how} as {session.auth_data}", flush=True)
        print("subject", mail["Subject"], flush=True)
        print("id", mail["Message-ID"], flush=True)
        for line in mail.get_content().splitlines():
            print("|", line, flush=True)
        print("end of mail", flush=True)
        return "250 OK"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("port", type=int)
    parser.add_argument("--tls", nargs=2)
    parser.add_argument("--implicit", action="store_true")
    parser.add_argument("--login", nargs=2)
    parser.add_argument("--refuse")
    args = parser.parse_args()
    context = None
    if args.tls:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(*args.tls)

    def check(server, session, envelope, mechanism, data):
        good = [it.decode() for it in (data.login, data.password)] == args.login
        return AuthResult(success=good, handled=False, auth_data=data.login.decode())

    login = {}
    if args.login:
        # The library knows of no TLS but what STARTTLS began.
        login = {"authenticator": check, "auth_required": True, "auth_require_tls": bool(args.tls) and not args.implicit}
    begins_clear = {} if args.implicit or not context else {"tls_context": context, "require_starttls": True}
    controller = Controller(
        Mailbox(args.refuse, args.implicit), "127.0.0.1", args.port, ssl_context=context if args.implicit else None, **login, **begins_clear
    )
    controller.start()
    print("ready", flush=True)
    signal.sigwait({signal.SIGTERM, signal.SIGINT})


main()

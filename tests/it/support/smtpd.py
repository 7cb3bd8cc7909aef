"""A real mail server for tests: aiosmtpd, which wants a login and hands what it takes to Dovecot by LMTP. Prints a line once it
listens, and one for each mail that it delivered."""

import smtplib
import ssl
import sys
import time

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult


class ToDovecot:
    async def handle_DATA(self, server, session, envelope):
        with smtplib.LMTP("127.0.0.1", int(sys.argv[2])) as lmtp:
            lmtp.sendmail(envelope.mail_from, envelope.rcpt_tos, envelope.content)
        print("delivered", flush=True)
        return "250 it is delivered"


def log_in(server, session, envelope, mechanism, data):
    good = data.login.endswith(b"@example.test") and data.password == b"secret"
    return AuthResult(success=good)


# Beside the ports: how it speaks TLS (tls: from the first byte; starttls: when asked, and nothing without), certificate and key.
security = {}
if len(sys.argv) > 3:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(sys.argv[4], sys.argv[5])
    security = {"ssl_context": context} if sys.argv[3] == "tls" else {"tls_context": context, "require_starttls": True}

controller = Controller(
    ToDovecot(), hostname="127.0.0.1", port=int(sys.argv[1]),
    authenticator=log_in, auth_required=True, auth_require_tls=False, **security,
)
controller.start()
print("listens", flush=True)
while True:
    time.sleep(3600)

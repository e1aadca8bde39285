"""`tongxin serve`: check that everything is safe, then serve the pages."""

import argparse

on_an_installation = True


def add_parser(subparsers: argparse._SubParsersAction) -> None:
    parser = subparsers.add_parser("serve", help="启动网页服务")
    parser.add_argument("--port", type=int, help="端口；只在本机可以访问")
    parser.add_argument("--quiet", action="store_true", help="不说明地址")


def run(args: argparse.Namespace) -> int:
    from django.conf import settings

    from tongxin.config import safety, serve
    from tongxin.config.refusal import Refused
    from tongxin.kernel.audit import keys

    address = f"127.0.0.1:{args.port}" if args.port else settings.ADDRESS
    refused = [*safety.address_refusals(address), *safety.storage_refusals()]
    refused = refused or safety.table_refusals() or safety.lost_key_refusals()
    if refused:
        raise Refused("\n".join(refused))
    keys.finish()
    print(safety.database_line(), flush=True)
    if not args.quiet:
        print(f"地址：http{'s' if settings.CERTIFICATE else ''}://{address}/　按 Ctrl-C 停止。", flush=True)
    serve.run(address)
    return 0

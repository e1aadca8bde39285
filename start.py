"""Install, start and test Tongxin with nothing but Python.

    python3 start.py demo                 the demo district
    python3 start.py                      an empty installation of your own
    python3 start.py test [--all] [--long] [arguments for pytest]
    python3 start.py setup                only install
    python3 start.py lock                 renew the lock files
    python3 start.py COMMAND …            any command of the command line, for example `backup FILE`

Runs on any Python from 3.9 on, standard library only: it looks for a Python from 3.12 on, makes .venv with it
and installs the locked packages there. Docs: docs/reference/command-line.md.
"""

from __future__ import annotations

import hashlib
import http.client
import json
import os
import platform
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
WINDOWS = os.name == "nt"
VENV_PYTHON = VENV / ("Scripts/python.exe" if WINDOWS else "bin/python")
STAMP = VENV / "tongxin-installed.json"
LOCKS = {"product": "requirements.txt", "tests": "requirements-dev.txt"}
INSTALLER_LOCK = "requirements-installer.txt"
OLDEST = (3, 12)
DEFAULT_PORT = 8000

PROBE = "import sys, ssl, sqlite3, ensurepip, venv; print('%d.%d.%d' % sys.version_info[:3]); print(sys.executable)"


class Stop(Exception):
    """Something the person at the keyboard must know before anything else can happen; a sentence in Chinese."""


def say(sentence: str) -> None:
    print(sentence, flush=True)


# ---------------------------------------------------------------- finding Python


def candidates() -> Iterator[str]:
    """Yield paths of Python programs that may be new enough, the likeliest first; they may be dead or too old."""
    yield sys.executable
    names = ["python3.12", "python3.13", "python3.14", "python3", "python"]
    if WINDOWS:
        names = ["python.exe", "python3.exe"]
    for name in names:
        for folder in os.environ.get("PATH", "").split(os.pathsep):
            if folder and (Path(folder) / name).is_file():
                yield str(Path(folder) / name)
    homes = [Path.home() / ".pyenv/versions", Path.home() / ".local/share/uv/python"]
    homes += [Path(os.environ[key]) / "Programs/Python" for key in ("LOCALAPPDATA",) if os.environ.get(key)]
    for home in homes:
        for version in sorted(home.glob("*"), key=lambda path: path.name):
            yield from (str(p) for p in (version / "bin/python3", version / "python.exe") if p.is_file())
    for folder in ("/usr/local/bin", "/opt/homebrew/bin", "/opt/local/bin"):
        yield from (str(Path(folder) / name) for name in names if (Path(folder) / name).is_file())


def probe(program: str) -> tuple[tuple[int, ...] | None, str]:
    """Run a Python and return (version, real path), or (None, why it does not do).

    Only a run tells: a shim of a version manager may stand for nothing, a system Python may lack ensurepip.
    """
    environment = {key: value for key, value in os.environ.items() if key not in ("PYTHONHOME", "PYTHONPATH")}
    try:
        done = subprocess.run(
            [program, "-I", "-c", PROBE],
            capture_output=True,
            text=True,
            timeout=30,
            env=environment,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None, "启动不了"
    if done.returncode:
        missing = done.stderr.strip().splitlines()[-1:] or ["没有说明原因"]
        return None, "缺少组件：" + missing[0]
    version, real = done.stdout.split("\n")[:2]
    numbers = tuple(int(part) for part in version.split("."))
    if numbers[:2] < OLDEST:
        return None, "版本太旧：" + version
    return numbers, real


def find_python() -> str:
    """Return the path of a Python that can carry Tongxin, or stop with how to get one."""
    refused: dict[str, str] = {}
    for program in candidates():
        if program in refused:
            continue
        version, answer = probe(program)
        if version:
            return answer
        refused[program] = answer
    fetched = offer_download()
    if fetched:
        return fetched
    looked = "\n".join(f"  {program}：{why}" for program, why in list(refused.items())[:12])
    raise Stop(
        "没有找到可用的 Python 3.12 或更新的版本。看过这些：\n"
        f"{looked}\n"
        "请装一个再运行本命令：\n"
        "  Debian 13、Ubuntu 24.04 及以后：apt install python3 python3-venv\n"
        "  Windows、macOS：从 Python 官方网站下载安装 3.12\n"
        "  已装 pyenv：pyenv install 3.12\n"
        "  能上网时也可以：pip install uv，然后 uv python install 3.12"
    )


def offer_download() -> str | None:
    """Ask whether uv may fetch a Python, and return its path; None when nobody answers or it fails."""
    if not sys.stdin.isatty():
        return None
    say("没有找到 Python 3.12 或更新的版本。可以现在下载一个，只供本项目使用。")
    if input("下载吗？输入 y 下载，其他键放弃：").strip().lower() != "y":
        return None
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        inner = Path(folder) / ("Scripts" if WINDOWS else "bin")
        subprocess.run([str(inner / "pip"), "install", "-q", "uv"], check=True)
        uv = str(inner / "uv")
        if subprocess.run([uv, "python", "install", "3.12"], check=False).returncode:
            return None
        found = subprocess.run([uv, "python", "find", "3.12"], capture_output=True, text=True, check=False)
    return found.stdout.strip() or None


# ---------------------------------------------------------------- installing


def lock_hash(name: str) -> str:
    return hashlib.sha256((ROOT / name).read_bytes()).hexdigest()


def stamp() -> dict[str, str]:
    """Return what is installed in .venv, by lock name; empty when nothing is or the note is unreadable."""
    try:
        return dict(json.loads(STAMP.read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return {}


def installed(want: str) -> bool:
    """Tell whether .venv holds what the lock `want` names; the tests' lock contains the product's."""
    have = stamp()
    if not VENV_PYTHON.exists() or have.get("product") != lock_hash(LOCKS["product"]):
        return False
    return want == "product" or have.get("tests") == lock_hash(LOCKS["tests"])


def install(want: str) -> None:
    """Make .venv and bring it to the lock `want` ("product" or "tests"); nothing is done when it is there."""
    if installed(want):
        return
    if not VENV_PYTHON.exists() or probe(str(VENV_PYTHON))[0] is None:
        python = find_python()
        say(f"正在用 {python} 建立运行环境……")
        shutil.rmtree(VENV, ignore_errors=True)
        run([python, "-m", "venv", str(VENV)], "建立运行环境没有成功。")
    # Whoever has the tests' packages keeps them: a demo started between two test runs must not throw them out.
    wider = "tests" if want == "tests" or "tests" in stamp() else "product"
    say("正在安装所需的程序包（只在第一次和更新之后需要）……")
    install_lock(LOCKS[wider])
    have = {"product": lock_hash(LOCKS["product"])}
    if wider == "tests":
        have["tests"] = lock_hash(LOCKS["tests"])
    write_launcher()
    STAMP.write_text(json.dumps(have), encoding="utf-8")


def install_lock(lock: str) -> None:
    """Install exactly what a lock file names: with uv when it can be had, else with pip; hashes are checked."""
    pip = [str(VENV_PYTHON), "-m", "pip", "--disable-pip-version-check"]
    got_uv = subprocess.run(
        [*pip, "install", "-qq", "--require-hashes", "-r", INSTALLER_LOCK], cwd=ROOT, check=False
    ).returncode
    if not got_uv:
        environment = {**os.environ, "UV_PYTHON_DOWNLOADS": "never", "VIRTUAL_ENV": str(VENV)}
        # "install", not "sync": what a developer put beside the lock stays.
        options = ["-q", "--compile-bytecode", "--require-hashes", "-r", lock]
        fast = [str(VENV_PYTHON), "-m", "uv", "pip", "install", *options]
        if not subprocess.run(fast, cwd=ROOT, env=environment, check=False).returncode:
            return
        say("快速安装没有成功，改用 pip 安装，会慢一些。")
    run([*pip, "install", "-q", "--require-hashes", "-r", lock], "安装程序包没有成功。请检查网络后再试。")


def write_launcher() -> None:
    """Put the command `tongxin` beside the Python of .venv."""
    if WINDOWS:
        text = f'@"%~dp0python.exe" "{ROOT}\\start.py" %*\n'
        (VENV_PYTHON.parent / "tongxin.bat").write_text(text, encoding="utf-8")
        return
    launcher = VENV_PYTHON.parent / "tongxin"
    launcher.write_text(
        f"#!{VENV_PYTHON}\nimport sys\nsys.path.insert(0, {str(ROOT)!r})\n"
        "from tongxin.config.command_line import main\nsys.exit(main())\n",
        encoding="utf-8",
    )
    launcher.chmod(0o755)


def run(command: list[str], otherwise: str) -> None:
    if subprocess.run(command, cwd=ROOT, check=False).returncode:
        raise Stop(otherwise)


def renew_locks() -> int:
    """Write the lock files anew from the .in files, with hashes and without addresses."""
    install("tests")
    for name in (INSTALLER_LOCK, *LOCKS.values()):
        source = name.replace(".txt", ".in")
        command = [str(VENV_PYTHON), "-m", "uv", "pip", "compile", "-q", "--upgrade", "--generate-hashes"]
        command += [
            "--universal",
            "--no-header",
            "--no-emit-index-url",
            "--python-version",
            "3.12",
            source,
            "-o",
            name,
        ]
        run(command, f"更新 {name} 没有成功。")
    install("tests")
    say("锁文件已经更新，新版本已经装好。请运行测试后再提交。")
    return 0


# ---------------------------------------------------------------- serving


def tongxin(*arguments: str) -> list[str]:
    return [str(VENV_PYTHON), "-m", "tongxin.config.command_line", *arguments]


def port_is_free(port: int) -> bool:
    with socket.socket() as probe_socket:
        if not WINDOWS:
            probe_socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe_socket.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def choose_port(wanted: int | None) -> int:
    if wanted is not None:
        if not port_is_free(wanted):
            raise Stop(f"端口 {wanted} 已经被别的程序占用，请用 --port 换一个。")
        return wanted
    for port in range(DEFAULT_PORT, DEFAULT_PORT + 50):
        if port_is_free(port):
            return port
    raise Stop("8000 到 8049 的端口都被占用，请用 --port 指定一个空闲的端口。")


def answers(address: str) -> bool:
    """Tell whether the server answers a page without an error of its own."""
    connection = http.client.HTTPConnection(address, timeout=5)
    try:
        connection.request("GET", "/")
        return connection.getresponse().status < 500
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def start(environment: dict[str, str], address: str | None, demo: bool) -> int:
    """Prepare the data folder, run server and worker until Ctrl-C, and return the exit code."""
    if subprocess.run(
        tongxin("demo" if demo else "setup"), cwd=ROOT, env=environment, check=False
    ).returncode:
        return 1
    for name in ("SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), lambda *_: sys.exit(0))
    running: dict[str, subprocess.Popen] = {}
    try:
        for name in ("serve", "worker"):
            running[name] = spawn(name, environment)
        return keep_running(running, environment, address, demo)
    except KeyboardInterrupt:
        return 0
    finally:
        stop_all(running)


def spawn(name: str, environment: dict[str, str]) -> subprocess.Popen:
    """Start server or worker out of reach of the terminal's Ctrl-C: this file alone hears it and ends both in order."""
    apart: dict = {"creationflags": 0x200} if WINDOWS else {"start_new_session": True}
    return subprocess.Popen(tongxin(name, "--quiet"), cwd=ROOT, env=environment, **apart)


def keep_running(
    running: dict[str, subprocess.Popen], environment: dict[str, str], address: str | None, demo: bool
) -> int:
    """Tell when the server answers, then watch: a dead worker is started again, a dead server ends the run."""
    told = address is None
    began = time.monotonic()
    restarts = 0
    while True:
        code = running["serve"].poll()
        if code is not None:
            return code
        if running["worker"].poll() is not None:
            restarts += 1
            time.sleep(min(restarts, 30))
            running["worker"] = spawn("worker", environment)
        if not told and address and answers(address):
            told = True
            say(welcome(address, demo))
        if not told and time.monotonic() - began > 120:
            raise Stop("服务启动了，但是两分钟内没有应答。请看上面的提示。")
        time.sleep(0.2 if not told else 1)


def welcome(address: str, demo: bool) -> str:
    lines = ["", "同心已经启动。", f"地址：http://{address}/"]
    if demo:
        lines.append("演示账号：打开上面的地址，登录页列出了各个角色，点一下就进入。数据都是编造的。")
    else:
        lines.append("第一次使用：打开上面的地址，按提示登记学校、设管理员。")
    lines.append("按 Ctrl-C 停止。")
    return "\n".join(lines)


def stop_all(running: dict[str, subprocess.Popen]) -> None:
    """Ask every child to stop, and end the ones that do not."""
    for child in running.values():
        if child.poll() is None:
            child.terminate()
    for child in running.values():
        try:
            child.wait(timeout=20)
        except (subprocess.TimeoutExpired, KeyboardInterrupt):
            child.kill()
    if running:
        say("已经停止。")


def environment_for(data: str | None, port: int | None, demo: bool) -> tuple[dict[str, str], str | None]:
    """Return the children's environment and the address to announce (None: somebody else's certificate serves)."""
    environment = dict(os.environ)
    if data:
        environment["TONGXIN_DATA"] = str(Path(data).resolve())
    elif demo and "TONGXIN_DATA" not in environment:
        environment["TONGXIN_DATA"] = str(ROOT / "data" / "demo")
    if demo:
        environment["TONGXIN_DEMO"] = "1"
    given = environment.get("TONGXIN_ADDRESS")
    if given and port is None:
        return environment, given if not environment.get("TONGXIN_CERTIFICATE") else None
    environment["TONGXIN_ADDRESS"] = f"127.0.0.1:{choose_port(port)}"
    return environment, environment["TONGXIN_ADDRESS"]


# ---------------------------------------------------------------- testing

# Debian's packages by the program that shows they are there.
PROGRAMS = {"chromium": "chromium", "postgresql": "pg_ctl", "gettext": "msgfmt", "faketime": "faketime"}


def program_path(name: str) -> str | None:
    """Return where a program is; PostgreSQL's own programs lie outside the search path on Debian."""
    beside = sorted(str(path) for path in Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    return shutil.which(name) or (beside[-1] if beside else None)


def install_programs() -> None:
    """Install what the whole suite needs from Debian's packages; stop with words when that cannot be done."""
    missing = [package for package, program in PROGRAMS.items() if not program_path(program)]
    if not missing:
        return
    words = "、".join(missing)
    apt = shutil.which("apt-get")
    if apt is None:
        raise Stop(f"完整测试还缺这些程序：{words}。本机没有 apt-get，请自行安装后再试。")
    rights: list[str] = []
    if hasattr(os, "geteuid") and os.geteuid() != 0:
        rights = ["sudo", "-n"]
        if not shutil.which("sudo") or subprocess.run([*rights, "true"], check=False).returncode:
            raise Stop(
                f"完整测试还缺这些程序：{words}。请用管理员身份运行：apt-get install {' '.join(missing)}"
            )
    say(f"正在安装测试需要的程序：{words}……")
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run([*rights, apt, "update", "-qq"], env=quiet, check=False, stdout=subprocess.DEVNULL)
    command = [*rights, apt, "install", "-y", "-qq", "--no-install-recommends", *missing]
    if subprocess.run(command, env=quiet, check=False, stdout=subprocess.DEVNULL).returncode:
        raise Stop(f"安装没有成功：{words}。完整测试需要它们。")


def python_checks() -> list[tuple[str, list[str]]]:
    inner = VENV_PYTHON.parent
    return [
        ("代码检查", [str(inner / "ruff"), "check", "."]),
        ("代码格式", [str(inner / "ruff"), "format", "--check", "."]),
        ("类型检查", [str(inner / "mypy"), "tongxin", "start.py"]),
        ("楼层检查", [str(inner / "lint-imports")]),
    ]


def test(arguments: list[str]) -> int:
    """Run the checks and the tests; `--all` lets nothing be left out, `--long` adds what takes minutes."""
    everything, long = "--all" in arguments, "--long" in arguments
    for_pytest = [argument for argument in arguments if argument not in ("--all", "--long")]
    install("tests")
    if everything:
        install_programs()
    environment = dict(os.environ)
    for name in [
        key for key in environment if key.startswith("TONGXIN_") and key != "TONGXIN_REFERENCE_DATA"
    ]:
        del environment[name]
    environment["TONGXIN_TEST_ALL"] = "1" if everything else ""
    environment["TONGXIN_TEST_LONG"] = "1" if long else ""
    pieces = python_checks() if everything or not for_pytest else []
    if for_pytest or (os.cpu_count() or 1) < 2:
        failed = run_in_turn([*pieces, ("测试", pytest(*for_pytest))], environment)
    else:
        parts = [(part, pytest(*part_of_tests(part))) for part in TEST_PARTS]
        # The longest parts begin; the checks need no database and go on while the first part makes one.
        failed = run_side_by_side([*parts[:2], *pieces, *parts[2:]], environment)
    if failed:
        say(f"没有通过：{'、'.join(failed)}。")
        return 1
    return 0


# The tests in parts, about the longest first; what another part names is left out of the folder above it, so `tests` and
# `tongxin` hold whatever is named nowhere else. Nothing else holds tests: see testpaths in pyproject.toml.
TEST_PARTS = [
    "tests/crash",
    "tongxin/modules",
    "tests/test_on_postgres.py",
    "tests/access",
    "tests/access/test_matrix_other_roles.py",
    "tongxin",
    "tongxin/methods",
    "tongxin/modules/screening",
    "tongxin/modules/desk",
    "tongxin/modules/cases",
    "tongxin/demo",
    "tests",
    "tongxin/modules/home_visits",
    "tongxin/modules/authoring",
    "tongxin/modules/rounds",
    "tongxin/kernel",
]
# More than there are cores: whoever waits for a killed server or for PostgreSQL leaves a core to the others.
SIDE_BY_SIDE = 3


def part_of_tests(part: str) -> list[str]:
    """Return the arguments for pytest that run one part and nothing of the others."""
    return [part, *(f"--ignore={other}" for other in TEST_PARTS if other.startswith(part + "/"))]


def pytest(*arguments: str) -> list[str]:
    return [str(VENV_PYTHON), "-m", "pytest", "-rs", *arguments]


def run_in_turn(pieces: list[tuple[str, list[str]]], environment: dict[str, str]) -> list[str]:
    """Run checks and tests (title, command) one after another; return the titles of those that failed."""
    failed = []
    for title, command in pieces:
        say(f"== {title}")
        if subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode:
            failed.append(title)
    return failed


def run_side_by_side(pieces: list[tuple[str, list[str]]], environment: dict[str, str]) -> list[str]:
    """Run checks and parts of the tests (title, command), some side by side, each part with a database of its own.

    A piece's words are kept back and said when it has ended. Returns the titles of those that failed.
    """
    waiting, failed, one = list(pieces), [], threading.Lock()
    running: set[subprocess.Popen[bytes]] = set()

    def run(title: str, command: list[str]) -> None:
        with tempfile.TemporaryFile() as kept:
            with one:
                process = subprocess.Popen(
                    command, cwd=ROOT, env=environment, stdout=kept, stderr=subprocess.STDOUT
                )
                running.add(process)
            code = process.wait()
            with one:
                running.discard(process)
                kept.seek(0)
                say(f"== {title}")
                say(kept.read().decode("utf-8", "replace"))
                if code != 0:
                    failed.append(title)

    def work() -> None:
        while True:
            with one:
                if not waiting:
                    return
                title, command = waiting.pop(0)
            run(title, command)

    workers = [threading.Thread(target=work) for _side in range(SIDE_BY_SIDE)]
    try:
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
    finally:
        with one:
            waiting.clear()
            for process in running:
                process.kill()
    return failed


# ---------------------------------------------------------------- the command line


def take(arguments: list[str], option: str) -> str | None:
    """Remove `option VALUE` or `option=VALUE` from the arguments and return the value."""
    for index, argument in enumerate(arguments):
        if argument.startswith(option + "="):
            return arguments.pop(index)[len(option) + 1 :]
        if argument == option:
            if index + 1 >= len(arguments):
                raise Usage(f"{option} 后面要写一个值。")
            del arguments[index]
            return arguments.pop(index)
    return None


class Usage(Exception):
    """The call is wrong; a sentence in Chinese."""


def port_number(text: str | None) -> int | None:
    if text is None:
        return None
    if not text.isdecimal() or not 1 <= int(text) <= 65535:
        raise Usage(f"端口要写 1 到 65535 的数，不能写“{text}”。")
    return int(text)


def own_command(name: str, arguments: list[str]) -> int:
    """Run `setup`, `demo` or the empty installation (an empty name)."""
    port, data = port_number(take(arguments, "--port")), take(arguments, "--data")
    if arguments:
        raise Usage(f"看不懂“{' '.join(arguments)}”。")
    install("product")
    if name == "setup":
        say("安装好了。")
        return 0
    environment, address = environment_for(data, port, demo=name == "demo")
    return start(environment, address, demo=name == "demo")


def main(arguments: list[str]) -> int:
    # Without bytecode on disk every start would compile Tongxin anew.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    if sys.version_info < (3, 9):  # noqa: UP036  whoever starts this with an older one gets a sentence
        raise Stop("请用 Python 3.9 或更新的版本运行本文件。现在的版本是 " + platform.python_version() + "。")
    if arguments and arguments[0] in ("-h", "--help", "help"):
        say(__doc__ or "")
        return 0
    if not arguments or arguments[0].startswith("-"):
        return own_command("", arguments)
    name, rest = arguments[0], arguments[1:]
    if name in ("setup", "demo"):
        return own_command(name, rest)
    if name == "test":
        return test(rest)
    if name == "lock":
        return renew_locks()
    install("product")
    return subprocess.run(tongxin(name, *rest), check=False, env=with_root()).returncode


def with_root() -> dict[str, str]:
    """Return the environment in which `python -m tongxin…` works from any folder."""
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    return {**os.environ, "PYTHONPATH": path}


def entry() -> NoReturn:
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure:  # a console of another encoding must not stop the start
            reconfigure(encoding="utf-8", errors="replace")
    try:
        code = main(sys.argv[1:])
    except Usage as error:
        print(
            f"{error}用法：python3 start.py [setup | demo | test | lock] [--port N] [--data DIR]",
            file=sys.stderr,
        )
        code = 2
    except Stop as error:
        print(error, file=sys.stderr)
        code = 1
    except KeyboardInterrupt:
        code = 130
    sys.exit(code)


if __name__ == "__main__":
    entry()

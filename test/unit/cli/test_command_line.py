# SPDX-License-Identifier: GPL-2.0-only
"""The criu program as its callers see it: exit codes, what goes to stdout, stderr and the log.

B names the build folder (default: build).
"""

import os
import pty
import re
import shutil
import subprocess
import tempfile
import unittest

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "..")
CRIU = os.path.join(ROOT, os.environ.get("B", "build"), "criu", "criu")
NO_SUCH_PID = "4194304"


class CommandLine(unittest.TestCase):
    """Each test has an empty directory, which is the current one and HOME."""

    def setUp(self):
        self.directory = tempfile.mkdtemp(prefix="criu-cli-")
        self.addCleanup(shutil.rmtree, self.directory)
        self.environment = {
            name: value for name, value in os.environ.items() if not name.startswith(("CRIU_", "POSIXLY"))
        }
        self.environment["HOME"] = self.directory

    def path(self, *names):
        """A path in the directory of the test."""
        return os.path.join(self.directory, *names)

    def write(self, name, text):
        """Makes a file with this text; returns its path."""
        os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(text)
        return self.path(name)

    def read(self, name):
        """The text of a file."""
        with open(self.path(name), encoding="utf-8") as file:
            return file.read()

    def criu(self, *words, **changes):
        """Runs criu; returns (exit code, stdout, stderr)."""
        result = subprocess.run(
            [CRIU, *words],
            cwd=self.directory,
            env={**self.environment, **changes},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
        return result.returncode, result.stdout, result.stderr

    def assert_refused(self, words, text, **changes):
        """Exit code 1 and an Error line with this text on stderr."""
        code, _, errors = self.criu(*words, **changes)
        self.assertEqual(code, 1, errors)
        self.assertRegex(errors, r"Error \([a-z-]+\.c:\d+\): ")
        self.assertIn(text, errors)

    # --- usage, help, version

    def test_version_is_what_clients_parse(self):
        for option in ("--version", "-V", "--vers"):
            code, output, errors = self.criu(option)
            self.assertEqual((code, errors), (0, ""))
            self.assertEqual(output.splitlines()[0], "Version: 5.0")

    def test_help_is_complete_and_narrow(self):
        for option in ("--help", "-h"):
            code, output, errors = self.criu(option)
            self.assertEqual((code, errors), (0, ""))
            self.assertIn("--images-dir", output)
            self.assertEqual([line for line in output.splitlines() if len(line) > 80], [])

    def test_usage_goes_to_stdout_with_status_1(self):
        for words in ((), ("nonsense",), ("-t", "1"), ("DUMP",)):
            code, output, errors = self.criu(*words)
            self.assertEqual((code, errors), (1, ""), words)
            self.assertTrue(output.startswith("Usage:"))

    def test_removed_verbs_exit_with_255(self):
        for verb, instead in (("exec", "compel"), ("show", "crit")):
            code, output, errors = self.criu(verb)
            self.assertEqual((code, output), (255, ""))
            self.assertIn(instead, errors)

    def test_swrk_wants_one_word(self):
        for words in (("swrk",), ("swrk", "3", "4")):
            code, _, errors = self.criu(*words)
            self.assertEqual((code, errors), (1, "Usage: criu swrk <fd>\n"))

    # --- what is refused

    def test_wrong_options_exit_with_1(self):
        for words, text in (
            (("dump", "-t", "x"), "--tree: 'x'"),
            (("dump",), "--tree PID is missing"),
            (("dump", "-t", "1", "2"), "extra word: '2'"),
            (("dump", "--nonsense"), "unknown option: '--nonsense'"),
            (("check", "--ms"), "--ms was removed"),
            (("restore", "-S"), "--restore-sibling needs --restore-detached"),
            (("restore", "--exec-cmd"), "no command follows"),
            (("restore", "-D", "missing"), "'missing': No such file or directory"),
            (("restore", "-W", "missing"), "'missing': No such file or directory"),
            (("restore", "-o", "missing/log"), "'missing/log': No such file or directory"),
        ):
            with self.subTest(words):
                self.assert_refused(words, text)

    def test_missing_features_are_all_named_in_one_run(self):
        code, _, errors = self.criu("dump", "-t", NO_SUCH_PID, "--lazy-pages", "--track-mem", "--root", "/x")
        self.assertEqual(code, 1)
        for name in ("lazy-pages", "track-mem", "root"):
            self.assertIn(f"--{name}: not available in this build", errors)

    def test_other_users_are_told(self):
        if os.geteuid() != 0:
            self.skipTest("needs root to become somebody else")
        os.chmod(self.directory, 0o755)
        nobody = ["setpriv", "--reuid=65534", "--clear-groups", CRIU]
        if subprocess.run([*nobody, "-V"], capture_output=True, check=False).returncode:
            self.skipTest("other users cannot reach the program")
        result = subprocess.run(
            [*nobody, "dump", "-t", "1", "-D", self.directory],
            cwd=self.directory, env=self.environment, capture_output=True, text=True, check=False,
        )
        self.assertEqual(result.returncode, 1)
        self.assertIn("needs root", result.stderr)

    # --- configuration files

    def test_bad_configuration_files_are_fatal(self):
        path = self.write("bad.conf", "tree 1\nnonsense\n")
        self.assert_refused(("restore", "--conf", path), f"{path}:2: unknown option: '--nonsense'")
        self.assert_refused(("restore",), "nonsense", CRIU_CONFIG_FILE=path)
        self.write(".criu/default.conf", "nonsense\n")
        self.assert_refused(("restore",), "default.conf:1")
        code, _, errors = self.criu("restore", "--no-default-config")
        self.assertNotIn("nonsense", errors)
        self.assertEqual(code, 1)

    def test_configuration_decides_about_the_log(self):
        self.write(".criu/default.conf", "log-file=from-config.log\nverbosity 4   \n")
        code, _, errors = self.criu("restore")
        self.assertEqual(code, 1)
        self.assertIn("Version: 5.0", self.read("from-config.log"))
        self.assertEqual(len(errors.splitlines()), 1)
        self.criu("restore", "-o", "from-argv.log")
        self.assertIn("Version: 5.0", self.read("from-argv.log"))

    def test_missing_configuration_files_are_skipped(self):
        _, _, errors = self.criu("restore", "--config", "/nonexistent", CRIU_CONFIG_FILE="/nonexistent")
        self.assertNotIn("nonexistent", errors)

    # --- log and cause: an empty directory is no image, so each of these restores fails

    def test_cause_is_one_line_on_stderr(self):
        code, output, errors = self.criu("restore", "-o", "log", "-v4")
        self.assertEqual((code, output), (1, ""))
        self.assertRegex(errors, r"\AError \([a-z-]+\.c:\d+\): [^\n]*\n\Z")
        self.assertIn(errors.strip(), self.read("log"))

    def test_cause_is_said_once_when_the_log_is_stderr(self):
        _, _, errors = self.criu("restore")
        lines = [line for line in errors.splitlines() if "Error (" in line]
        self.assertEqual(len(lines), len(set(lines)))

    def test_cause_is_said_even_without_log(self):
        for level in ("-v0", "-verbosity=0", "--verbosity=0"):
            _, _, errors = self.criu("restore", level)
            self.assertEqual(len(errors.splitlines()), 1, errors)

    def test_log_can_be_stdout(self):
        _, output, errors = self.criu("restore", "-o", "-", "-v4")
        self.assertIn("Version: 5.0", output)
        self.assertEqual(len(errors.splitlines()), 1)

    def test_first_lines_are_version_and_system(self):
        self.criu("restore", "-o", "log", "-v3")
        first, second = self.read("log").splitlines()[:2]
        self.assertRegex(first, r"\A\(00\.\d{6}\) Version: 5\.0 \(gitid .*\)\Z")
        self.assertIn(os.uname().release, second)

    def test_log_file_is_used_again(self):
        os.close(os.open(self.path("log"), os.O_CREAT | os.O_WRONLY, 0o640))
        self.write("log", "old text")
        before = os.stat(self.path("log"))
        self.criu("restore", "-o", "log", "-v4")
        after = os.stat(self.path("log"))
        self.assertEqual((before.st_ino, before.st_mode), (after.st_ino, after.st_mode))
        self.assertNotIn("old text", self.read("log"))

    def test_log_is_in_the_work_directory(self):
        os.mkdir(self.path("images"))
        os.mkdir(self.path("work"))
        self.criu("restore", "-D", "images", "-o", "log")
        self.assertTrue(os.path.exists(self.path("images", "log")))
        self.criu("restore", "-D", "images", "-W", "work", "-o", "log")
        self.assertTrue(os.path.exists(self.path("work", "log")))
        self.assertEqual(os.stat(self.path("work", "log")).st_mode & 0o777, 0o600)

    def test_images_are_found_whatever_the_work_directory(self):
        os.mkdir(self.path("images"))
        os.mkdir(self.path("work"))
        _, _, errors = self.criu("restore", "-D", "images", "-W", "work")
        self.assertNotIn("image directory: 'images'", errors)

    # --- odd callers

    def test_closed_standard_descriptors_do_no_harm(self):
        script = 'exec "$0" restore -o log <&- >&- 2>&-'
        result = subprocess.run(["sh", "-c", script, CRIU], cwd=self.directory, env=self.environment, check=False)
        self.assertEqual(result.returncode, 1)
        self.assertRegex(self.read("log"), r"\AError ")

    def test_names_cannot_paint_the_terminal(self):
        _, _, errors = self.criu("dump", "-t", "\033[2J\n")
        self.assertTrue(all(character.isprintable() for line in errors.splitlines() for character in line))

    def test_close_closes_an_inherited_descriptor(self):
        reader, writer = os.pipe()
        os.set_inheritable(writer, True)
        process = subprocess.Popen(
            [CRIU, "restore", "--close", str(writer)], cwd=self.directory, env=self.environment,
            pass_fds=(writer,), stderr=subprocess.DEVNULL,
        )
        os.close(writer)
        self.assertEqual(os.read(reader, 1), b"")
        self.assertEqual(process.wait(timeout=30), 1)
        os.close(reader)

    def test_a_terminal_sees_the_cause_once(self):
        master, slave = pty.openpty()
        subprocess.run([CRIU, "restore", "-o", "-"], cwd=self.directory, env=self.environment,
                       stdin=slave, stdout=slave, stderr=slave, check=False)
        os.close(slave)
        text = os.read(master, 65536).decode()
        os.close(master)
        lines = re.findall(r"Error \(.*", text)
        self.assertEqual(len(lines), len(set(lines)), text)


if __name__ == "__main__":
    unittest.main()

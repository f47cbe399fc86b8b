@echo off
rem The twin of vl4j for Windows: finds a JDK, builds on first use, runs the command line.
rem Beside server\target\app alone, without the sources, it only runs, and a JRE will do.
setlocal EnableExtensions DisableDelayedExpansion

set "oldest=25.0.3"
set "root=%~dp0"
set "root=%root:~0,-1%"
set "app=%root%\server\target\app"
set "stamp=%app%\.built"
set "archive=%app%\classes.jsa"
set "sources="
if exist "%root%\pom.xml" set "sources=true"

call :find_jdk
if not defined home goto :no_jdk
if "%~1"=="--print-java-home" goto :print_java_home

rem The tokenizer's library would otherwise look for a GPU build of itself.
set "RUST_FLAVOR=cpu"

rem Modules on VL4J_MODULE_PATH may bring backends, see docs\backends.md; jars in the folder lib what reads media,
rem docs\media.md.
set "modules=%app%"
if defined VL4J_MODULE_PATH set "modules=%app%;%VL4J_MODULE_PATH%"
set "classes="
if exist "%root%\lib" set classes=--class-path "%root%\lib\*"

rem Whether somebody watches standard error is not found out here: progress is a line a minute.
set native=dev.vl4j.kernels,dev.vl4j.device,dev.vl4j.cuda,dev.vl4j.ascend,ai.djl.api,ai.djl.tokenizers,com.sun.jna,org.apache.lucene.core,webp.imageio,ALL-UNNAMED
set options=--module-path "%modules%" %classes% --enable-native-access=%native% --sun-misc-unsafe-memory-access=allow ^
 -Djava.awt.headless=true -Dvl4j.terminal=false
set main=-m dev.vl4j.server/dev.vl4j.server.cli.Main

call :is_stale
if not errorlevel 1 goto :built
call :build
if errorlevel 1 exit /b 1
:built
if "%~1"=="--archive-classes" goto :archive

rem Memory of Java's heap goes back to the system in pauses, after a burst of images, say.
set memory=-XX:G1PeriodicGCInterval=15000 -XX:-G1PeriodicGCInvokesConcurrent -XX:MinHeapFreeRatio=10 -XX:MaxHeapFreeRatio=30

rem VL4J_JAVA_OPTS has no quotes around it: it may hold several options.
"%home%\bin\java.exe" %memory% -XX:SharedArchiveFile="%archive%" -Xshare:auto "-Xlog:cds*=off" %options% %VL4J_JAVA_OPTS% %main% %*
exit /b %errorlevel%

:no_jdk
>&2 echo vl4j: no JDK %oldest% or newer found; install one (for example Eclipse Temurin 25 from adoptium.net) or set JAVA_HOME
exit /b 2

:print_java_home
echo %home%
exit /b 0

:archive
call :archive_classes
if not exist "%archive%" exit /b 1
exit /b 0

rem Sets home to the first JDK that is new enough.
:find_jdk
set "home="
set "on_path="
for %%J in (java.exe) do set "on_path=%%~dp$PATH:J"
if defined JAVA_HOME call :try "%JAVA_HOME%"
if defined on_path call :try "%on_path%.."
for /d %%D in ("%ProgramFiles%\Eclipse Adoptium\*" "%ProgramFiles%\Java\*" "%ProgramFiles%\Microsoft\jdk*" "%ProgramFiles%\Amazon Corretto\*" "%ProgramFiles%\Zulu\*" "%USERPROFILE%\.jdks\*") do call :try "%%~D"
exit /b 0

rem Takes the JDK in a directory if there is none yet.
:try
if defined home exit /b 0
if not exist "%~1\bin\java.exe" exit /b 0
if not exist "%~1\release" exit /b 0
if defined sources if not exist "%~1\bin\javac.exe" exit /b 0
set "version="
for /f "tokens=2 delims==" %%V in ('findstr /b "JAVA_VERSION=" "%~1\release"') do set "version=%%~V"
if not defined version exit /b 0
call :number have "%version%"
call :number want "%oldest%"
if %have% lss %want% exit /b 0
for %%H in ("%~1") do set "home=%%~fH"
exit /b 0

rem Sets a variable to a version as one number: 25.0.3 is 25000003.
:number
for /f "tokens=1-3 delims=." %%A in ("%~2.0.0") do set /a "%~1=%%A*1000000+%%B*1000+%%C"
exit /b 0

rem Whether a source is newer than the build: 1 if so.
:is_stale
if not defined sources exit /b 0
if not exist "%stamp%" exit /b 1
powershell -NoProfile -NonInteractive -Command "$built = (Get-Item -LiteralPath $env:stamp).LastWriteTimeUtc; $files = @(Get-Item -LiteralPath (Join-Path $env:root 'pom.xml')) + @('loader', 'kernels', 'engine', 'native', 'search', 'media', 'server' | ForEach-Object { Get-ChildItem -LiteralPath (Join-Path $env:root $_) -Recurse -File }); if ($files | Where-Object { $_.LastWriteTimeUtc -gt $built -and $_.FullName -notmatch '\\target\\|\\src\\test\\' } | Select-Object -First 1) { exit 1 }"
if %errorlevel% equ 1 exit /b 1
exit /b 0

rem The Maven on the PATH, or else the one that the wrapper downloads. What it says belongs to standard error: standard
rem output is the command's answer.
:build
set "JAVA_HOME=%home%"
set "MAVEN_OPTS=%MAVEN_OPTS% --sun-misc-unsafe-memory-access=allow"
set maven=mvn
where /q mvn
if errorlevel 1 set maven="%root%\mvnw.cmd"
>&2 echo vl4j: building, which happens once
if exist "%app%" rmdir /s /q "%app%"
if not exist "%root%\server\target" mkdir "%root%\server\target"
rem The stamp is as old as the start of the build, so an edit during it is not missed.
type nul >"%root%\server\target\.building"
pushd "%root%"
call %maven% -q -B -DskipTests -pl server -am package 1>&2
set "result=%errorlevel%"
popd
if not "%result%"=="0" goto :build_failed
call :archive_classes
move /y "%root%\server\target\.building" "%stamp%" >nul
exit /b 0

:build_failed
>&2 echo vl4j: the build failed
exit /b 1

rem What the JVM makes of classes, kept: later starts take less time.
:archive_classes
"%home%\bin\java.exe" -XX:ArchiveClassesAtExit="%archive%" %options% %VL4J_JAVA_OPTS% %main% demo <nul >nul 2>&1
if errorlevel 1 if exist "%archive%" del "%archive%"
exit /b 0

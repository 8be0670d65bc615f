# Installs agentgate for this user, without administrator rights.
#
#   irm https://raw.githubusercontent.com/iamdainwi/AgentGate/main/install.ps1 | iex
#
#   AGENTGATE_VERSION    0.1.0 instead of the latest
#   AGENTGATE_BIN        where to: %LOCALAPPDATA%\agentgate\bin unless it is set
#   AGENTGATE_RELEASES   where from: a mirror
$ErrorActionPreference = 'Stop'

function Install-AgentGate {
  $releases = if ($env:AGENTGATE_RELEASES) { $env:AGENTGATE_RELEASES } else { 'https://github.com/iamdainwi/AgentGate/releases' }
  $version = if ($env:AGENTGATE_VERSION) { $env:AGENTGATE_VERSION } else { 'latest' }
  $from = if ($version -eq 'latest') { "$releases/latest/download" } else { "$releases/download/v$($version.TrimStart('v'))" }
  $bin = if ($env:AGENTGATE_BIN) { $env:AGENTGATE_BIN } else { Join-Path $env:LOCALAPPDATA 'agentgate\bin' }
  if (-not [Environment]::Is64BitOperatingSystem) { throw 'agentgate: there is no binary for 32 bits' }

  $archive = 'agentgate-x86_64-pc-windows-msvc.zip'
  $scratch = Join-Path ([IO.Path]::GetTempPath()) ([Guid]::NewGuid())
  New-Item -ItemType Directory -Path $scratch | Out-Null
  try {
    [Net.ServicePointManager]::SecurityProtocol = [Net.SecurityProtocolType]::Tls12
    Invoke-WebRequest -UseBasicParsing "$from/SHA256SUMS" -OutFile "$scratch\SHA256SUMS"
    Invoke-WebRequest -UseBasicParsing "$from/$archive" -OutFile "$scratch\$archive"
    $line = Get-Content "$scratch\SHA256SUMS" | Where-Object { ($_ -split '\s+\*?')[1] -eq $archive }
    if (-not $line) { throw "agentgate: $archive is not in SHA256SUMS; nothing was installed" }
    $wanted = ($line -split '\s+')[0]
    $found = (Get-FileHash -Algorithm SHA256 "$scratch\$archive").Hash
    if ($found -ne $wanted) { throw "agentgate: $archive is not what SHA256SUMS says; nothing was installed" }

    Expand-Archive "$scratch\$archive" -DestinationPath $scratch
    & "$scratch\agentgate.exe" --version | Out-Null
    if ($LASTEXITCODE -ne 0) { throw 'agentgate: the binary does not run here; nothing was installed' }
    New-Item -ItemType Directory -Force -Path $bin | Out-Null
    Move-Item -Force "$scratch\agentgate.exe" "$bin\agentgate.exe"
    Write-Output "installed $(& "$bin\agentgate.exe" --version) in $bin"
    if (($env:PATH -split ';') -notcontains $bin) { Write-Output "add it to your PATH: $bin" }
  } finally {
    Remove-Item -Recurse -Force $scratch
  }
}

Install-AgentGate
